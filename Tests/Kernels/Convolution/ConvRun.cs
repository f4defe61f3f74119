using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Numerics;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>Runs the convolution kernels on host arrays, and the same sums in float64 straight from a plan's definition.</summary>
internal static class ConvRun
{
    public static double[] Values(long count, ulong seed)
    {
        var random = new SplitMix64(seed);
        var values = new double[count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)((2 * random.NextDouble()) - 1);
        return values;
    }

    public static double[] Forward(Device device, DType dtype, ConvPlan plan, int batch, double[] x, double[] filter, double[]? bias = null, double[]? y = null)
    {
        using var program = new ConvProgram(device, plan);
        using var xs = new DeviceArray(device, dtype, x);
        using var ws = new DeviceArray(device, dtype, filter);
        using var bs = bias is null ? null : new DeviceArray(device, dtype, bias);
        using var ys = new DeviceArray(device, dtype, y ?? new double[batch * plan.Output.Count]);
        Conv.Run(device, dtype, program, batch, xs, ws, ys, new ConvEpilogue { Bias = bs?.Range, Accumulate = y is not null });
        return ys.Read();
    }

    public static double[] Weight(Device device, DType dtype, ConvPlan plan, int batch, double[] x, double[] dy, double[]? dw = null)
    {
        using var program = new ConvProgram(device, plan);
        using var xs = new DeviceArray(device, dtype, x);
        using var ds = new DeviceArray(device, dtype, dy);
        using var ws = new DeviceArray(device, dtype, dw ?? new double[plan.FilterCount]);
        using var scratch = new DeviceArray(device, dtype, (int)(ConvWeight.ScratchBytes(device, dtype, program, batch) / dtype.Size()));
        ConvWeight.Run(device, dtype, program, batch, xs, ds, ws, scratch, accumulate: dw is not null);
        return ws.Read();
    }

    /// <summary>Calls see(output index, input index, filter index) for every product of a plan.</summary>
    public static void Products(ConvPlan plan, int batch, Action<long, long, long> see)
    {
        foreach (var part in plan.Parts)
            for (int n = 0; n < batch; n++)
                for (int i = 0; i < part.CountY; i++)
                    for (int j = 0; j < part.CountX; j++)
                        foreach (var tap in part.Taps)
                        {
                            int y = (i * plan.InStepY) + tap.Dy, x = (j * plan.InStepX) + tap.Dx;
                            if (y < 0 || y >= plan.Input.Height || x < 0 || x >= plan.Input.Width) continue;
                            long output = ((((long)n * plan.Output.Height) + part.OffsetY + (i * plan.StepY)) * plan.Output.Width + part.OffsetX + (j * plan.StepX)) * plan.Output.Channels;
                            long input = ((((long)n * plan.Input.Height) + y) * plan.Input.Width + x) * plan.Input.Channels;
                            for (int k = part.FirstOutput; k < part.EndOutput; k++)
                                for (int c = tap.First; c < tap.End; c++)
                                    see(output + k, input + c, plan.FilterTransposed
                                        ? (((long)c * plan.FilterTaps) + tap.Filter) * plan.Output.Channels + k
                                        : (((long)k * plan.FilterTaps) + tap.Filter) * plan.Input.Channels + c);
                        }
    }

    /// <summary>Largest |actual - expected| in units of 2^-24 of the sums' scale.</summary>
    public static double Ulps(double[] actual, double[] expected)
    {
        double scale = Math.Sqrt(expected.Average(value => value * value)) + 1e-30, worst = 0;
        for (int i = 0; i < actual.Length; i++) worst = Math.Max(worst, Math.Abs(actual[i] - expected[i]) / (Math.Max(scale, Math.Abs(expected[i])) * Math.ScaleB(1, -24)));
        return worst;
    }
}
