using System.CommandLine;
using System.Globalization;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Commands;

/// <summary>bench conv: one convolution of any geometry, on any device, in this process.</summary>
internal static class BenchConv
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("conv", "Time a convolution in this process, plain, masked or transposed, forward or a gradient: median, GFLOP/s, share of the roof. Masked taps count as no work.")
        {
            Examples =
            [
                ("bench conv --shape 64x32x32x64 --filters 128 --kernel 3 --pad 1 --pass all", "forward and both gradients"),
                ("bench conv --shape 64x7x7x128 --filters 64 --kernel 4 --stride 2 --pad 1 --transposed", "a generator's layer"),
                ("bench conv --shape 4x1x4096x32 --filters 64 --kernel 1x2 --dilation 1x8 --pad 0x8,0x0", "a causal layer over time: padding before, after"),
                ("bench conv --shape 64x28x28x32 --filters 32 --kernel 3 --pad 1 --mask B", "a PixelCNN's layer"),
            ],
        };
        var shape = Options.Text("--shape", "NxHxWxC", "Images, height, width, channels.", "64x32x32x64");
        var filters = Options.Number("--filters", "Output channels.", 1, 64);
        Option<string> kernel = Pair("--kernel", "Taps", "3"), stride = Pair("--stride", "Stride", "1"), dilation = Pair("--dilation", "Dilation", "1"), outputPad = Pair("--output-pad", "With --transposed: rows and columns more than fit", "0");
        var pad = Options.Text("--pad", "YxX[,YxX]", "Padding on both sides, or before,after; one number serves for both directions.", "0");
        var mask = Options.OneOf("--mask", "Causal mask of a PixelCNN", "none", "A", "B");
        var transposed = new Option<bool>("--transposed") { Description = "The transpose of the convolution with this geometry." };
        var pass = Options.OneOf("--pass", "forward; input or filter: that gradient; all: the three of them", "forward", "input", "filter", "all");
        foreach (Option option in (Option[])[shape, filters, kernel, stride, dilation, pad, mask, transposed, outputPad, pass]) command.Options.Add(option);
        var bench = new ShapeBench(command);
        command.OnRun(session =>
        {
            int[] extents = Numbers("--shape", session.Get(shape)!, 4);
            var (r, s) = Two("--kernel", session.Get(kernel)!);
            string[] sides = session.Get(pad)!.Split(',');
            if (sides.Length > 2) throw new UsageException($"--pad {session.Get(pad)}: give one padding, or before,after.");
            var (before, after) = (Two("--pad", sides[0]), Two("--pad", sides[^1]));
            var (strides, dilations) = (Two("--stride", session.Get(stride)!), Two("--dilation", session.Get(dilation)!));
            var spec = new ConvSpec(r, s)
            {
                StrideY = strides.Y,
                StrideX = strides.X,
                DilationY = dilations.Y,
                DilationX = dilations.X,
                PadTop = before.Y,
                PadLeft = before.X,
                PadBottom = after.Y,
                PadRight = after.X,
                Mask = Enum.Parse<ConvMask>(session.Get(mask)!, ignoreCase: true),
            };
            var image = new ConvImage(extents[1], extents[2], extents[3]);
            var more = Two("--output-pad", session.Get(outputPad)!);
            var plan = session.Get(transposed) ? ConvPlan.CreateTransposed(spec, image, session.Get(filters), more.Y, more.X) : ConvPlan.Create(spec, image, session.Get(filters));
            var which = Enum.Parse<ConvPass>(session.Get(pass)!, ignoreCase: true);
            return bench.Run(session, (device, real) => new ConvShape(device, real, plan, extents[0], which, spec.ToString()));
        });
        return command;
    }

    private static Option<string> Pair(string name, string what, string standard) => Options.Text(name, "N or YxX", $"{what}, one number for both directions.", standard);

    private static (int Y, int X) Two(string option, string text)
    {
        int[] values = Numbers(option, text, text.Contains('x', StringComparison.Ordinal) ? 2 : 1);
        return (values[0], values[^1]);
    }

    private static int[] Numbers(string option, string text, int count)
    {
        string[] words = text.Split('x');
        var values = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out values[i]))
                throw new UsageException($"{option} {text}: '{words[i]}' is no whole number.");
        }

        return values.Length == count ? values : throw new UsageException($"{option} {text}: give {count} numbers joined by x.");
    }
}
