using System.CommandLine;
using GenEngine.Bench.Commands;
using GenEngine.Data;
using GenEngine.Kernels.Layout;

namespace GenEngine.Bench;

/// <summary>--binarize: what becomes of the pixels of images.</summary>
internal sealed class BinarizeOption
{
    private readonly Option<string?> _option;

    public BinarizeOption(Command command)
    {
        _option = Options.Choice(
            "--binarize", "none: a pixel is byte / 255; static: 0 or 1, drawn once; dynamic: 0 or 1, drawn anew each epoch; what the model wants when not given", "none", "static", "dynamic");
        command.Options.Add(_option);
    }

    /// <summary>What batches do to the pixels; null where the model is to choose. Fixed bits are drawn before there are batches.</summary>
    public Binarization? Of(Session session) => session.Get(_option) switch { null => null, "dynamic" => Binarization.Dynamic, _ => Binarization.None };

    /// <summary>The images as they are to be loaded.</summary>
    public DataOptions Of(Session session, DataOptions source) => source with { FixedBits = session.Get(_option) == "static" };
}
