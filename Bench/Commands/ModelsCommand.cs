using System.Globalization;
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
        var command = new ConsoleCommand("models", "List the models: what each is, needs and takes, and its paper.")
        {
            Examples = [("models", "all models with their options and defaults"), ("models --json", "for programs")],
        };
        var json = Options.Json();
        command.Options.Add(json);
        command.OnRun(session =>
        {
            List<ModelInfo> models = [.. Zoo.Descriptions.Select(Info)];
            if (session.Get(json)) Json.Write(session.Out, ConsoleJson.Default.ListModelInfo, models);
            else foreach (var model in models) Print(session.Out, model);
            return ExitCode.Done;
        });
        return command;
    }

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
        void Add(string name, IFormattable? value)
        {
            if (value is not null) values[name] = value.ToString(null, CultureInfo.InvariantCulture);
        }

        if (options.Backbone is { } backbone) values["--backbone"] = backbone;
        Add("--latent", options.Latent);
        if (options.Hidden is { } hidden) values["--hidden"] = hidden.Count == 0 ? "none" : string.Join(',', hidden);
        if (options.Backbone == "conv") values["--width"] = options.Width?.ToString(CultureInfo.InvariantCulture) ?? "256 (16 above 32x32)";
        else Add("--width", options.Width);
        Add("--layers", options.Layers);
        if (options.Condition is { } condition) values["--condition"] = condition;
        if (options.Positions is not null) values["--positions"] = "";
        if (options.Colours is { } colours) values["--colours"] = colours;
        if (options.Prior is { } prior) values["--prior"] = prior;
        Add("--labelled", options.Labelled);
        if (options.Loss is { } loss) values["--loss"] = loss;
        Add("--noise", options.Noise);
        if (options.Pairwise is { } pairwise) values["--pairwise"] = string.Join(',', pairwise.Select(weight => weight.ToString(CultureInfo.InvariantCulture)));
        if (options.Lambdas is { } lambdas) values["--lambdas"] = string.Join(',', lambdas.Select(lambda => lambda.ToString(CultureInfo.InvariantCulture)));
        Add("--stacks", options.Stacks);
        Add("--residual", options.Residual);
        Add("--skip", options.Skip);
        Add("--learning-rate", options.LearningRate);
        if (options.Schedule is { } schedule) values["--schedule"] = schedule;
        return values;
    }
}
