using System.CommandLine;
using GenEngine.Kernels.Layout;

namespace GenEngine.Bench.Commands;

/// <summary>The options of train.</summary>
internal sealed class TrainOptions
{
    private readonly DataArguments _data;
    private readonly Option<int> _batch = Options.Batch();
    private readonly Option<int?> _steps = Options.Steps();
    private readonly Option<int?> _epochs = Options.Epochs("Passes over the training set (10 when neither --epochs nor --steps is given).");
    private readonly Option<ulong> _seed = Options.Seed();
    private readonly Option<string?> _binarize = Options.Choice("--binarize", "none: a pixel is byte / 255; dynamic: 0 or 1, drawn anew each epoch; what the model wants when not given", "none", "dynamic");
    private readonly Option<bool> _eager = new("--eager") { Description = "Run every step eagerly instead of replaying a captured one; the bits are the same." };
    private readonly Option<string?> _profile = Options.Profile("a few steps");
    private readonly Option<string?> _out = Options.Out("Run folder to make; runs/<model>-<data>-<n> when not given. Never overwritten.");
    private readonly Option<bool> _json = Options.Json();

    private readonly SequenceArguments _sequences;

    public TrainOptions(Command command)
    {
        _data = new DataArguments(command);
        foreach (Option option in (Option[])[_steps, _epochs, _batch, _binarize, _seed, _eager, _profile, _out, _json])
            command.Options.Add(option);
        _model = new ModelArguments(command);
        _sequences = new SequenceArguments(command);
        Device = new DeviceOptions(command);
    }

    private readonly ModelArguments _model;

    public DeviceOptions Device { get; }

    /// <param name="sequences">The model learns from sequences: other data and another batch stand in where they are not given.</param>
    public TrainSettings Read(Session session, bool sequences)
    {
        if (session.Given(_steps) && session.Given(_epochs)) throw new UsageException("--steps and --epochs both say how long to train; give one of them.");
        return new TrainSettings(
            sequences && !_data.IsGiven(session) ? SequenceArguments.StandardData : _data.Name(session), _data.Read(session),
            sequences && !session.Given(_batch) ? SequenceArguments.StandardBatch : session.Get(_batch), session.Get(_steps), session.Get(_epochs), _model.Read(session), session.Get(_seed),
            session.Get(_binarize) is { } binarize ? (binarize == "dynamic" ? Binarization.Dynamic : Binarization.None) : null, !session.Get(_eager), session.Get(_out), session.Get(_json), session.Get(_profile),
            _sequences.Read(session, _data.Folder(session)));
    }
}
