using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Numerics;
using GenEngine.Bench.Completion;
using GenEngine.Data;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Runs;
using GenEngine.Text;

namespace GenEngine.Bench;

/// <summary>
/// The options that commands share, by one name and one meaning everywhere. Each call makes a fresh option, so that a command can have
/// its own default.
/// </summary>
internal static class Options
{
    public const string VerboseName = "--verbose";

    public static Option<bool> Verbose() => new(VerboseName) { Description = "Say more, and print where an error came from.", Recursive = true };

    public static Option<string> Data(string standard = "digits")
    {
        var option = Text("--data", "NAME|PATH", "Data set ('genengine data list' shows them all), or a folder of pictures: JPEG, PNG and BMP, loose or a folder a class; for models of sequences a .txt file, or a folder of WAV files.", standard);
        option.CompletionSources.Add(LiveNames.Data);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 0) return; // the default is known; --help and plain runs need not load the catalogue
            string name = result.Tokens[0].Value;
            if (!DataSets.IsKnown(name) && !SequenceSets.IsKnown(name)) result.AddError(DataSets.Unknown(name));
        });
        return option;
    }

    /// <summary>--data of a command on a trained model: null for the data of its run.</summary>
    public static Option<string?> OtherData() => Completed<string?>(
        new("--data") { HelpName = "NAME|PATH", Description = "Other test images than the run's, or the place that its folder of pictures has moved to." }, LiveNames.Data);

    public static Option<string?> DataDir() =>
        new("--data-dir") { HelpName = "FOLDER", Description = "Where to look for data files first; then GENENGINE_DATA, then the user's cache." };

    /// <summary>--unroll: auto, off, or a number; <see cref="Unrolled"/> reads it.</summary>
    public static Option<string> Unroll()
    {
        var option = Text("--unroll", "K|auto|off", $"Steps in one launch of the device's, up to {Unrolling.Most}; auto chooses on cuda, by the time of a step, and takes one step elsewhere. The bits are the same.", "auto");
        option.CompletionSources.Add("auto", "off", "16");
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && Unrolled(result.Tokens[0].Value) is null) result.AddError($"--unroll takes auto, off, or a whole number from 1 to {Unrolling.Most}, not '{result.Tokens[0].Value}'.");
        });
        return option;
    }

    /// <summary>What --unroll says, as the trainer takes it; null where it makes no sense.</summary>
    public static int? Unrolled(string? text) => text switch
    {
        "auto" => Unrolling.Auto,
        "off" => Unrolling.Off,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int steps) && steps is >= 1 and <= Unrolling.Most ? steps : null,
    };

    public static Option<ulong> Seed() => Number("--seed", "Seed of all random numbers; the same seed gives the same bits.", 0UL, 0UL);

    public static Option<int?> Steps(string description = "Training steps; instead of --epochs.") => OptionalNumber("--steps", description, 1);

    public static Option<int?> Epochs(string description = "Passes over the training set.") => OptionalNumber("--epochs", description, 1);

    public static Option<int> Batch(int standard = 128) => Number("--batch", "Examples a step.", 1, standard, RunConfig.MostExtent);

    public static Option<int> Threads(int standard = 0) => Number("--threads", "CPU threads, the caller included; 0 takes one a core.", 0, standard, 1024);

    /// <summary>What products compute in, by their names.</summary>
    public static string[] Precisions { get; } = [.. Enum.GetValues<Precision>().Select(value => value.Name())];

    /// <summary>Float32 for a name that is none of <see cref="Precisions"/>, such as float64.</summary>
    public static Precision PrecisionNamed(string name) => Enum.GetValues<Precision>().FirstOrDefault(value => value.Name() == name);

    /// <param name="names">What there is to choose from, the default first.</param>
    public static Option<string> Precision(params string[] names) => OneOf("--precision", "What float32 matrix products and convolutions compute in; the others use tensor cores", names);

    public static Option<string?> Out(string description = "Folder to write to; made when missing.") => new("--out") { HelpName = "PATH", Description = description };

    public static Option<string?> Run() => Completed<string?>(
        new("--run") { HelpName = "PATH", Description = "Run folder to take the weights from; the newest run of the model when not given." }, LiveNames.Runs);

    /// <summary>An option with what shells complete of it.</summary>
    public static Option<T> Completed<T>(Option<T> option, Func<CompletionContext, IEnumerable<CompletionItem>> source)
    {
        option.CompletionSources.Add(source);
        return option;
    }

    /// <param name="what">Whose launches are traced: "a few steps".</param>
    public static Option<string?> Profile(string what) => new("--profile")
    {
        HelpName = "FILE",
        Description = $"Write a Chrome/Perfetto trace of {what}: operation, kernel, shape, bytes, time and share of the roof of every launch. The results stay the same.",
    };

    /// <summary>For models whose prior is fitted after training.</summary>
    public static Option<bool> StandardNormal() => new("--standard-normal") { Description = "Draw an autoencoder's codes from N(0, 1), as a VAE's, instead of from the Gaussian fitted to its training codes." };

    /// <summary>--json as a switch, for commands with arguments of their own: machine output only on standard output.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON and nothing else." };

    /// <summary>--json [FILE]: null when not given, empty for standard output.</summary>
    public static Option<string?> JsonFile() => new("--json")
    {
        HelpName = "FILE",
        Description = "Write the result as JSON to FILE; without FILE, print it and nothing else.",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens.Count == 0 ? "" : result.Tokens[0].Value,
    };

    public static Option<string> Text(string name, string helpName, string description, string standard) =>
        new(name) { HelpName = helpName, Description = description, DefaultValueFactory = _ => standard };

    /// <summary>An option with fixed values; the first is the default, and a misspelt one is answered with the nearest.</summary>
    public static Option<string> OneOf(string name, string description, params string[] values) =>
        Among(new Option<string>(name) { Description = description + ".", DefaultValueFactory = _ => values[0] }, values);

    /// <summary>As <see cref="OneOf"/>, null when not given.</summary>
    public static Option<string?> Choice(string name, string description, params string[] values) =>
        Among(new Option<string?>(name) { Description = description }, values);

    /// <param name="maximum">Null for none.</param>
    public static Option<T> Number<T>(string name, string description, T minimum, T standard, T? maximum = null) where T : struct, INumber<T> => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result => Parse(name, minimum, maximum, result),
    };

    /// <inheritdoc cref="Number"/>
    public static Option<T?> OptionalNumber<T>(string name, string description, T minimum, T? maximum = null) where T : struct, INumber<T> => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = result => Parse(name, minimum, maximum, result),
    };

    private static Option<T> Among<T>(Option<T> option, string[] values)
    {
        option.HelpName = string.Join('|', values);
        option.Validators.Add(result =>
        {
            string? value = result.Tokens.Count > 0 ? result.Tokens[0].Value : null;
            if (value is not null && !values.Contains(value, StringComparer.Ordinal))
                result.AddError(NearestName.Unknown(option.Name + " value", value, values));
        });
        option.CompletionSources.Add(values);
        return option;
    }

    // the invariant culture whatever the machine's: 1.000 is one, never a thousand
    /// <summary>Sides of images or grids, one or several apart by commas.</summary>
    /// <param name="most">How many may be given.</param>
    public static Option<int[]> Sides(string description, int least, int greatest, int most, params int[] standard) => new("--side")
    {
        HelpName = most == 1 ? "N" : "N,N,...",
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
            int[] sides = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int side) ? side : -1)];
            if (sides.Length > most || sides.Any(side => side < least || side > greatest))
                result.AddError(FormattableString.Invariant($"--side takes {(most == 1 ? "a whole number" : "whole numbers, apart by commas,")} from {least} to {greatest}, not '{text}'."));
            return sides;
        },
    };

    private static T Parse<T>(string name, T minimum, T? maximum, System.CommandLine.Parsing.ArgumentResult result) where T : struct, INumber<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && T.IsFinite(value) && value >= minimum && !(value > maximum))
            return value;
        string kind = typeof(T) == typeof(double) || typeof(T) == typeof(float) ? "a number" : "a whole number";
        result.AddError(FormattableString.Invariant($"{name} takes {kind} from {minimum} {(maximum is { } most ? FormattableString.Invariant($"to {most}") : "up")}, not '{text}'."));
        return minimum;
    }
}
