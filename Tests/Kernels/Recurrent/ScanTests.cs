using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Recurrent;
using NUnit.Framework;
using ScanKernel = GenEngine.Kernels.Recurrent.Scan;

namespace GenEngine.Tests.Kernels.Recurrent;

/// <summary>The scans' bits: the stated order of every sum, whatever the batch, the threads and the launches.</summary>
[Parallelizable]
public sealed class ScanTests
{
    private static readonly ScanShape[] s_shapes =
    [
        new(ScanKind.Row, 7, 3, 5, 6, 3), new(ScanKind.Row, 1, 4, 9, 17, 1), new(ScanKind.Row, 2, 2, 13, 65, 5), new(ScanKind.Diagonal, 7, 3, 5, 6, 2),
        new(ScanKind.Diagonal, 2, 9, 1, 16, 2), new(ScanKind.DiagonalReversed, 3, 5, 4, 33, 2), new(ScanKind.DiagonalReversed, 1, 1, 6, 3, 2),
    ];

    [TearDown]
    public void ChooseByShapeAgain() => ScanGpu.ForcedFronts = null;

    [Test]
    public void Forward_is_the_chain_that_its_contract_states([EachDevice] TestDevice which, [ValueSource(nameof(s_shapes))] ScanShape shape)
    {
        var (gates, filter, _) = Values(shape);
        var (hidden, cell, _, _) = Run(which.Open(), DType.Float32, shape, gates, filter, new double[shape.StateCount]);
        var (expectedHidden, expectedCell) = Stated(shape, gates, filter);
        DeviceArray.AssertSameBits(hidden, expectedHidden, "h");
        DeviceArray.AssertSameBits(cell, expectedCell, "c");
    }

    [Test]
    public void A_launch_a_front_gives_the_bits_of_one_launch(
        [ValueSource(typeof(TestDevices), nameof(TestDevices.Gpus))] TestDevice which, [EachReal] DType dtype, [ValueSource(nameof(s_shapes))] ScanShape shape)
    {
        var device = which.Open();
        var (gates, filter, dHidden) = Values(shape);
        ScanGpu.ForcedFronts = false;
        var one = Run(device, dtype, shape, gates, filter, dHidden);
        ScanGpu.ForcedFronts = true;
        AssertSame(Run(device, dtype, shape, gates, filter, dHidden), one);
    }

    // the last has work enough in a front for several threads to share it
    [TestCase(ScanKind.Row, 5, 4, 7, 19, 3), TestCase(ScanKind.Diagonal, 5, 4, 7, 19, 2), TestCase(ScanKind.DiagonalReversed, 3, 6, 2, 5, 2), TestCase(ScanKind.Row, 2, 3, 9, 96, 3)]
    [TestCase(ScanKind.Diagonal, 2, 9, 7, 130, 2)]
    public void Neither_threads_nor_batch_change_a_bit(ScanKind kind, int images, int height, int width, int channels, int taps)
    {
        var shape = new ScanShape(kind, images, height, width, channels, taps);
        var (gates, filter, dHidden) = Values(shape);
        using var single = new CpuDevice(new CpuOptions(Threads: 1)) { PoisonWrites = true };
        var expected = Run(single, DType.Float32, shape, gates, filter, dHidden);
        foreach (int threads in (int[])[2, 3, 8])
        {
            using var device = new CpuDevice(new CpuOptions(threads)) { PoisonWrites = true };
            AssertSame(Run(device, DType.Float32, shape, gates, filter, dHidden), expected);
        }

        int state = height * width * channels;
        for (int n = 0; n < images; n++)
        {
            var alone = Run(single, DType.Float32, shape with { Images = 1 }, gates[(n * 4 * state)..((n + 1) * 4 * state)], filter, dHidden[(n * state)..((n + 1) * state)]);
            DeviceArray.AssertSameBits(alone.Hidden, expected.Hidden[(n * state)..((n + 1) * state)], $"h of image {n}");
            DeviceArray.AssertSameBits(alone.DGates, expected.DGates[(n * 4 * state)..((n + 1) * 4 * state)], $"gradient of image {n}");
        }
    }

    [Test]
    public void What_does_not_fit_is_refused_by_name()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var small = new DeviceArray(device, DType.Float32, 8);
        void Try(ScanShape shape, DType dtype = DType.Float32) => ScanKernel.Forward(device, dtype, shape, small, small, small, small, small, small);
        Assert.Multiple(() =>
        {
            Assert.That(() => Try(new(ScanKind.Row, 1, 2, 2, 1, 2)), Throws.TypeOf<EngineException>().With.Message.Contains("odd").And.Message.Contains("2 taps"));
            Assert.That(() => Try(new(ScanKind.Diagonal, 1, 2, 2, 1, 3)), Throws.TypeOf<EngineException>().With.Message.Contains("3 taps"));
            Assert.That(() => Try(new(ScanKind.Row, 1, 0, 2, 1, 1)), Throws.TypeOf<EngineException>().With.Message.Contains("positive"));
            Assert.That(() => Try(new(ScanKind.Row, 1, 2, 2, 1, 1)), Throws.TypeOf<EngineException>().With.Message.Contains("gates needs"));
            Assert.That(() => Try(new(ScanKind.Row, 1, 1 << 16, 1 << 15, 1, 1)), Throws.TypeOf<EngineException>().With.Message.Contains("image of more"));
        });
    }

    private static void AssertSame(Result actual, Result expected)
    {
        DeviceArray.AssertSameBits(actual.Hidden, expected.Hidden, "h");
        DeviceArray.AssertSameBits(actual.Cell, expected.Cell, "c");
        DeviceArray.AssertSameBits(actual.Acts, expected.Acts, "activations");
        DeviceArray.AssertSameBits(actual.DGates, expected.DGates, "gradient of the gates");
    }

    private static (double[] Gates, double[] Filter, double[] DHidden) Values(ScanShape shape)
    {
        var random = new Random(shape.GetHashCode() & 0xFF);
        double[] Draw(long count, double scale) => DeviceArray.Round(DType.Float32, Enumerable.Range(0, (int)count).Select(_ => scale * (random.NextDouble() - 0.5)));
        return (Draw(shape.GateCount, 4), Draw(shape.FilterCount, 4 / Math.Sqrt(shape.Taps * shape.Channels)), Draw(shape.StateCount, 2));
    }

    private static Result Run(Device device, DType dtype, ScanShape shape, double[] gates, double[] filter, double[] dHidden)
    {
        DeviceArray New(long count) => new(device, dtype, (int)count);
        using DeviceArray x = new(device, dtype, gates), w = new(device, dtype, filter), dh = new(device, dtype, dHidden);
        using DeviceArray h = New(shape.StateCount), c = New(shape.StateCount), acts = New(shape.GateCount), dx = New(shape.GateCount);
        using DeviceArray scratch = New(ScanKernel.ScratchCount(shape)), carry = New(shape.CarryCount);
        ScanKernel.Forward(device, dtype, shape, x, w, h, c, null, scratch);
        double[] untrained = h.Read();
        ScanKernel.Forward(device, dtype, shape, x, w, h, c, acts, scratch);
        DeviceArray.AssertSameBits(h.Read(), untrained, "h without and with activations kept");
        ScanKernel.Backward(device, dtype, shape, dh, w, c, acts, dx, carry);
        return new(h.Read(), c.Read(), acts.Read(), dx.Read());
    }

    /// <summary>Cell by cell in float32, in the order of the contract.</summary>
    private static unsafe (double[] Hidden, double[] Cell) Stated(ScanShape shape, double[] gates, double[] filter)
    {
        int channels = shape.Channels, rows = 4 * channels, side = shape.Kind == ScanKind.Diagonal ? -1 : 1;
        float[] h = new float[shape.StateCount], c = new float[shape.StateCount], s = new float[rows];
        (int Y, int X)[] reads = shape.Kind == ScanKind.Row ? [.. Enumerable.Range(0, shape.Taps).Select(tap => (-1, tap - (shape.Taps / 2)))] : [(-1, 0), (0, side)];
        var (carryY, carryX) = shape.Kind == ScanKind.Row ? (-1, 0) : (0, side);
        for (int at = 0; at < shape.Images * shape.Height * shape.Width; at++)
        {
            int j = at % shape.Width, i = at / shape.Width % shape.Height, n = at / (shape.Width * shape.Height);
            if (shape.Kind == ScanKind.DiagonalReversed) j = shape.Width - 1 - j;
            int pixel = Pixel(n, i, j), carry = Pixel(n, i + carryY, j + carryX);
            for (int r = 0; r < rows; r++)
            {
                float sum = 0;
                for (int tap = 0; tap < reads.Length; tap++)
                {
                    int from = Pixel(n, i + reads[tap].Y, j + reads[tap].X);
                    for (int k = 0; k < channels; k++) sum = MathF.FusedMultiplyAdd(from < 0 ? 0 : h[(from * channels) + k], (float)filter[(((r * reads.Length) + tap) * channels) + k], sum);
                }

                s[r] = sum + (float)gates[(pixel * rows) + r];
            }

            for (int k = 0; k < channels; k++)
            {
                float o = Sigmoid(s[k]), f = Sigmoid(s[channels + k]), input = Sigmoid(s[(2 * channels) + k]), g = Tanh(s[(3 * channels) + k]);
                float cell = MathF.FusedMultiplyAdd(f, carry < 0 ? 0 : c[(carry * channels) + k], input * g);
                c[(pixel * channels) + k] = cell;
                h[(pixel * channels) + k] = o * Tanh(cell);
            }
        }

        return (Array.ConvertAll(h, value => (double)value), Array.ConvertAll(c, value => (double)value));

        int Pixel(int n, int i, int j) => i < 0 || j < 0 || j >= shape.Width ? -1 : (((n * shape.Height) + i) * shape.Width) + j;

        static float Sigmoid(float x)
        {
            float y;
            V1F.Store(VecMath.Sigmoid<V1F, float>(V1F.Create(x)), &y);
            return y;
        }

        static float Tanh(float x)
        {
            float y;
            V1F.Store(VecMath.Tanh<V1F, float>(V1F.Create(x)), &y);
            return y;
        }
    }

    private sealed record Result(double[] Hidden, double[] Cell, double[] Acts, double[] DGates);
}
