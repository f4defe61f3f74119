using System.CommandLine;
using System.Globalization;
using GenEngine.Kernels.Layout;

namespace GenEngine.Bench.Commands;

/// <summary>The options of train.</summary>
internal sealed class TrainOptions
{
    private readonly Option<string> _data = Options.Data();
    private readonly Option<string?> _dataDir = Options.DataDir();
    private readonly Option<int> _batch = Options.Batch();
    private readonly Option<int?> _steps = Options.Steps();
    private readonly Option<int?> _epochs = Options.Epochs("Passes over the training set (10 when neither --epochs nor --steps is given).");
    private readonly Option<int> _latent = Options.Number("--latent", "Dimensions of the code.", 1, 2);
    private readonly Option<string> _hidden = Options.Text("--hidden", "N,N,...", "Widths of the encoder's hidden layers; the decoder mirrors them.", "512,256");
    private readonly Option<double> _rate = Options.Number("--learning-rate", "Adam's learning rate.", 0.0, 1e-3);
    private readonly Option<ulong> _seed = Options.Seed();
    private readonly Option<string> _binarize = Options.OneOf("--binarize", "none: a pixel is byte / 255; dynamic: 0 or 1, drawn anew each epoch", "none", "dynamic");
    private readonly Option<bool> _eager = new("--eager") { Description = "Run every step eagerly instead of replaying a captured one; the bits are the same." };
    private readonly Option<string?> _out = Options.Out("Run folder to make; runs/<model>-<data>-<n> when not given. Never overwritten.");
    private readonly Option<bool> _json = Options.Json();

    public TrainOptions(Command command)
    {
        foreach (Option option in (Option[])[_data, _dataDir, _steps, _epochs, _batch, _latent, _hidden, _rate, _binarize, _seed, _eager, _out, _json])
            command.Options.Add(option);
        Device = new DeviceOptions(command);
    }

    public DeviceOptions Device { get; }

    public TrainSettings Read(Session session)
    {
        if (session.Given(_steps) && session.Given(_epochs)) throw new UsageException("--steps and --epochs both say how long to train; give one of them.");
        return new TrainSettings(
            session.Get(_data)!, session.Get(_dataDir), session.Get(_batch), session.Get(_steps), session.Get(_epochs), session.Get(_latent),
            Widths(session.Get(_hidden)!), session.Get(_rate), session.Get(_seed),
            session.Get(_binarize) == "dynamic" ? Binarization.Dynamic : Binarization.None, !session.Get(_eager), session.Get(_out), session.Get(_json));
    }

    private static int[] Widths(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var widths = new int[parts.Length];
        for (int i = 0; i < widths.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out widths[i]) || widths[i] < 1)
                throw new UsageException($"--hidden takes widths such as 400 or 512,256, not '{text}'.");
        }

        return widths;
    }
}
