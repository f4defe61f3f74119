using System.CommandLine;
using GenEngine.Data;

namespace GenEngine.Bench;

/// <summary>How a model of sequences is shown its data.</summary>
/// <param name="Window">Positions of a window.</param>
/// <param name="Clips">joined, apart, or null for the model's own.</param>
internal sealed record SequenceSettings(int Window, string? Clips, SequenceOptions Source);

/// <summary>--window, --clips, --sample-rate and --trim: for models of sound and text.</summary>
internal sealed class SequenceArguments
{
    /// <summary>Windows a step where --batch is not given.</summary>
    public const int StandardBatch = 4;

    /// <summary>Codes of a window.</summary>
    public const int StandardWindow = 4096;

    /// <summary>What a model of sequences learns from where --data is not given.</summary>
    public const string StandardData = "tones";

    private readonly Option<int> _window = Options.Number("--window", "Codes of a window, for models of sequences.", 1, StandardWindow);
    private readonly Option<string?> _clips = Options.Choice("--clips", "Windows of sequences cross from clip to clip, or lie in one; joined but for a model that is told the class", "joined", "apart");
    private readonly Option<int?> _rate = Options.OptionalNumber("--sample-rate", "Samples a second that recordings are brought to; their own when not given.", 1000);
    private readonly Option<double> _trim = Options.Number("--trim", "Silence at the ends of recordings is cut: frames below this share of the loudest; 0 cuts nothing.", 0.0, 0.0, 1.0);

    public SequenceArguments(Command command)
    {
        foreach (Option option in (Option[])[_window, _clips, _rate, _trim]) command.Options.Add(option);
    }

    public SequenceSettings Read(Session session, string? dataDir) => new(
        session.Get(_window), session.Get(_clips), new SequenceOptions { DataDir = dataDir, SampleRate = session.Get(_rate), Trim = session.Get(_trim) });
}
