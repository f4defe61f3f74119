using System.CommandLine;
using GenEngine.Bench.Configuration;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>A model for models --json.</summary>
/// <param name="Needs">What images it needs.</param>
/// <param name="Losses">Values of --loss.</param>
/// <param name="Lambdas">What each of --lambdas weighs, in order.</param>
/// <param name="Options">Defaults of the options that it takes, one record a backbone, the default backbone first.</param>
internal sealed record ModelInfo(
    string Name, string Summary, string Paper, string Needs, IReadOnlyList<string> Losses, IReadOnlyList<string> Lambdas, IReadOnlyList<Dictionary<string, string>> Options);

/// <summary>models: the zoo, with what each model needs and takes.</summary>
internal static class ModelsCommand
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("models")
        {
            Examples = [("models", "all models with their options and defaults"), ("models vae", "one of them, and how long it takes to train on this machine"), ("models --json", "for programs")],
        };
        var name = new Argument<string?>("model") { Description = "Only this model.", Arity = ArgumentArity.ZeroOrOne };
        name.CompletionSources.Add([.. Zoo.Names]);
        var json = Options.Json();
        command.Arguments.Add(name);
        command.Options.Add(json);
        command.OnRun(session =>
        {
            List<ModelInfo> models = [.. (session.Get(name) is { } one ? [Zoo.Find(one)] : Zoo.Descriptions).Select(Info)];
            if (session.Get(json)) Json.Write(session.Out, ConsoleJson.Default.ListModelInfo, models);
            else foreach (var model in models) Print(session.Out, model);
            if (session.Get(name) is { } measured && !session.Get(json)) session.Out.WriteLine($"{"",-10} expected: {ModelPace.Expectation(session, Zoo.Find(measured))}");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>What a model takes, with its defaults, as 'models' prints it.</summary>
    public static void Print(TextWriter output, ModelDescription model) => Print(output, Info(model));

    private static ModelInfo Info(ModelDescription model) => new(
        model.Name, model.Summary, model.Paper, model.NeedsSequences ? "sequences: sound or text" : model.NeedsClasses ? "images with classes" : "images", model.Losses, model.LambdaNames, [.. model.Defaults.Select(Values)]);

    private static void Print(TextWriter output, ModelInfo model)
    {
        output.WriteLine($"{model.Name,-10} {model.Summary}");
        output.WriteLine($"{"",-10} paper: {model.Paper}");
        output.WriteLine($"{"",-10} needs: {model.Needs}");
        foreach (var options in model.Options) output.WriteLine($"{"",-10} takes: {string.Join(' ', options.Select(option => $"{option.Key} {option.Value}"))}");
        if (model.Losses.Count > 0) output.WriteLine($"{"",-10} --loss: {string.Join(", ", model.Losses)}");
        if (model.Lambdas.Count > 0) output.WriteLine($"{"",-10} --lambdas weigh: {string.Join(", ", model.Lambdas)}");
    }

    /// <summary>Option names with their defaults as they would be typed.</summary>
    private static Dictionary<string, string> Values(ModelOptions options)
    {
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in ConfigPrinter.Options(options, nulls: true))
        {
            if (value is not null) values[$"--{name}"] = name == "positions" ? "" : ConfigPrinter.Typed(value);
            else if (name == "width" && options.Backbone == "conv") values["--width"] = "256 (16 above 32x32)";
        }

        return values;
    }
}
