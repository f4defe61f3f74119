using System.CommandLine;
using GenEngine.Bench.Completion;
using GenEngine.Bench.Configuration;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>The options of train.</summary>
internal sealed class TrainOptions
{
    private readonly DataArguments _data;
    private readonly Option<int> _batch = Options.Batch();
    private readonly Option<int?> _steps = Options.Steps();
    private readonly Option<int?> _epochs = Options.Epochs("Passes over the training set (10 when neither --epochs nor --steps is given).");
    private readonly Option<double?> _minutes = Options.OptionalNumber("--minutes", "Minutes to train for: as many steps as fit on this device, by a calibration of two seconds; instead of --epochs or --steps.", 0.01);
    private readonly Option<ulong> _seed = Options.Seed();
    private readonly BinarizeOption _binarize;
    private readonly Option<bool> _eager = new("--eager") { Description = "Run every step eagerly instead of replaying a captured one; the bits are the same." };
    private readonly Option<string> _unroll = Options.Unroll();
    private readonly Option<string?> _profile = Options.Profile("a few steps");
    private readonly Option<string?> _resume = Options.Completed<string?>(
        new("--resume") { HelpName = "RUN", Description = "Go on with a run that was stopped, from its last checkpoint; its model, data and options are the run's own." }, LiveNames.Runs);
    private readonly Option<int> _every = Options.Number("--checkpoint-every", "Steps between two checkpoints; 0 saves only where training ends or is stopped.", 0, 1000);
    private readonly Option<bool> _otherIsa = new("--allow-other-isa") { Description = "With --resume: go on with another instruction set or device than before, whose bits are not an uninterrupted run's." };
    private readonly Option<string?> _out = Options.Out("Run folder to make; runs/<model>-<data>-<n> when not given. Never overwritten.");
    private readonly Option<bool> _json = Options.Json();
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No progress: errors and the final result only." };
    private readonly Option<bool> _noPreview = new("--no-preview") { Description = "No row of samples above the progress line, which terminals with 24-bit colour show." };
    private readonly Option<string?> _config = new("--config") { HelpName = "FILE", Description = "JSON file of options by their names here, without the dashes; what is typed wins over it." };
    private readonly Option<bool> _print = new("--print-config") { Description = "Print every option of the model and of its training with its value, as a file for --config, and train nothing." };

    private readonly Argument<string?> _modelName;
    private readonly SequenceArguments _sequences;
    private readonly Command _command;

    public TrainOptions(Command command, Argument<string?> model)
    {
        _command = command;
        _modelName = model;
        _data = new DataArguments(command);
        foreach (Option option in (Option[])[_steps, _epochs, _minutes, _batch]) command.Options.Add(option);
        _binarize = new BinarizeOption(command);
        foreach (Option option in (Option[])[_seed, _eager, _unroll, _profile, _out, _resume, _every, _otherIsa, _config, _print, _quiet, _noPreview, _json])
            command.Options.Add(option);
        _model = new ModelArguments(command);
        _sequences = new SequenceArguments(command);
        Device = new DeviceOptions(command);
    }

    private readonly ModelArguments _model;

    public DeviceOptions Device { get; }

    /// <summary>Options that a configuration file may hold.</summary>
    public IEnumerable<Option> InFile => Configuration.InFile;

    /// <summary>True when the configuration is asked for and no training.</summary>
    public bool PrintsConfig(Session session) => session.Get(_print);

    private ConfigArguments Configuration => new(_command, _modelName) { NotInFile = [_config, _print, _resume, _otherIsa, _profile, _quiet, _noPreview, _json], Alternatives = Lengths };

    private Option[] Lengths => [_steps, _epochs, _minutes];

    /// <summary>The session with what --config says, where it is given; beside --resume it is refused with everything that the run has settled.</summary>
    public Session Configured(Session session) => session.Get(_config) is { } path && session.Get(_resume) is null ? Configuration.Apply(session, path) : session;

    /// <param name="sequences">The model learns from sequences: other data and another batch stand in where they are not given.</param>
    public TrainSettings Read(Session session, bool sequences)
    {
        if (Lengths.Where(session.Given).ToList() is { Count: > 1 } both) throw new UsageException($"{string.Join(" and ", both.Select(option => option.Name))} both say how long to train; give one of them.");
        return new TrainSettings(
            sequences && !_data.IsGiven(session) ? SequenceArguments.StandardData : _data.Name(session), _binarize.Of(session, _data.Read(session)),
            sequences && !session.Given(_batch) ? SequenceArguments.StandardBatch : session.Get(_batch), session.Get(_steps), session.Get(_epochs), _model.Read(session), session.Get(_seed),
            _binarize.Of(session), !session.Get(_eager), session.Get(_out), session.Get(_json), session.Get(_profile),
            _sequences.Read(session, _data.Folder(session)))
        { Unroll = Unroll(session), CheckpointEvery = session.Get(_every), Minutes = session.Get(_minutes), Quiet = session.Get(_quiet), Preview = !session.Get(_noPreview) };
    }

    /// <summary>The run that --resume names; null when it is not given.</summary>
    /// <exception cref="UsageException">An option stands beside it that the run has settled.</exception>
    public RunFolder? Resumed(Session session)
    {
        if (session.Get(_resume) is not { } path)
        {
            if (session.Get(_otherIsa)) throw new UsageException("--allow-other-isa belongs to --resume.");
            return null;
        }

        Option[] free = [_resume, _every, _otherIsa, _eager, _unroll, _quiet, _noPreview, _json, .. _data.Places, .. Device.All];
        if (_command.Options.FirstOrDefault(option => session.Given(option) && !free.Contains(option)) is { } settled)
            throw new UsageException($"{settled.Name} is settled by the run; beside --resume may stand {string.Join(", ", free.Skip(1).Select(option => option.Name))}.");
        return RunFolder.Open(path);
    }

    private int Unroll(Session session)
    {
        int steps = Options.Unrolled(session.Get(_unroll))!.Value;
        return session.Get(_eager) && steps > 1 ? throw new UsageException("--unroll puts captured steps together, and --eager captures none; leave one of them out.") : steps;
    }

    /// <summary>The settings of a run that goes on.</summary>
    public TrainSettings Of(Session session, RunConfig config) => new(
        config.Data, config.ImagesFrom(_data.Folder(session)) with { Flip = config.Flip },
        config.Batch, (int)config.Steps, null, config, config.Seed, config.Binarization, !session.Get(_eager), null, session.Get(_json), null,
        new SequenceSettings(config.ImageWidth, config.Clips, config.SequencesFrom(_data.Folder(session))))
    { Unroll = Unroll(session), CheckpointEvery = session.Get(_every), AllowOtherIsa = session.Get(_otherIsa), Quiet = session.Get(_quiet), Preview = !session.Get(_noPreview) };
}
