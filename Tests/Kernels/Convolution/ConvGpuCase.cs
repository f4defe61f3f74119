using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>One convolution with random images, filter and gradient, run on any device: what the CUDA kernels must repeat to the bit.</summary>
internal sealed record ConvGpuCase(ConvSpec Spec, int Batch, int Height, int Width, int Channels, int Outputs, bool Bias = false, Activation Activation = Activation.None, bool Accumulate = false)
{
    /// <summary>Elements before each range, to shift it off its alignment.</summary>
    public int Skip { get; init; }

    /// <summary>Give images and gradients rounded, where the device takes them so.</summary>
    public bool Rounded { get; init; }

    /// <summary>What is done to images, gradients and filters before; to round them as tensor cores do.</summary>
    public Func<double, double> Operands { get; init; } = value => value;

    /// <summary>What is done to bias and to what y and dw held.</summary>
    public Func<double, double> Addends { get; init; } = value => value;

    /// <summary>The most products that one output sums.</summary>
    public int MostProducts(Func<ConvPlan, ConvPlan> side) => side(Plan).Parts.Max(part => part.K);

    /// <summary>Pixels of all images, the products of a filter gradient's weight.</summary>
    public int Pixels => Batch * Plan.Output.Height * Plan.Output.Width;

    private ConvPlan Plan => ConvPlan.Create(Spec, new ConvImage(Height, Width, Channels), Outputs);

    /// <summary>The bits of the portable CPU.</summary>
    public double[] Expected(DType dtype, Func<Device, DType, double[]> run) => run(TestDevices.Cpu(CpuIsa.Portable, 1), dtype);

    /// <summary>The plan forward.</summary>
    public double[] Forward(Device device, DType dtype) => Run(device, dtype, Plan);

    /// <summary>Its input gradient.</summary>
    public double[] Backward(Device device, DType dtype) => Run(device, dtype, Plan.Adjoint());

    /// <summary>Its filter gradient.</summary>
    public double[] Weight(Device device, DType dtype)
    {
        var plan = Plan;
        using var program = new ConvProgram(device, plan);
        using var x = new DeviceArray(device, dtype, Values((int)(Batch * plan.Input.Count), 1, Operands), Skip);
        using var dy = new DeviceArray(device, dtype, Values((int)(Batch * plan.Output.Count), 2, Operands), Skip);
        using var dw = new DeviceArray(device, dtype, Values((int)plan.FilterCount, 3, Addends), Skip);
        bool takes = Rounded && ConvWeight.TakesRounded(device, dtype, program, Batch);
        using var roundedX = takes ? Round(device, x) : null;
        using var roundedDy = takes ? Round(device, dy) : null;
        using var scratch = new DeviceArray(device, dtype, (int)(ConvWeight.ScratchBytes(device, dtype, program, Batch, takes, takes) / dtype.Size()), Skip);
        ConvWeight.Run(device, dtype, program, Batch, roundedX?.All ?? x.Range, roundedDy?.All ?? dy.Range, dw, scratch, Accumulate, takes, takes);
        return dw.Read();
    }

    private double[] Run(Device device, DType dtype, ConvPlan plan)
    {
        using var program = new ConvProgram(device, plan);
        using var x = new DeviceArray(device, dtype, Values((int)(Batch * plan.Input.Count), 4, Operands), Skip);
        using var filter = new DeviceArray(device, dtype, Values((int)plan.FilterCount, 5, Operands), Skip);
        using var bias = new DeviceArray(device, dtype, Values(plan.Output.Channels, 6, Addends), Skip);
        using var y = new DeviceArray(device, dtype, Values((int)(Batch * plan.Output.Count), 7, Addends), Skip);
        bool takes = Rounded && Conv.TakesRounded(device, dtype, program, Batch);
        using var rounded = takes ? Round(device, x) : null;
        long bytes = Conv.ScratchBytes(device, dtype, program, Batch, takes);
        using var scratch = bytes == 0 ? null : device.Allocate(bytes, "scratch");
        var epilogue = new ConvEpilogue { Bias = Bias ? bias.Range : null, Activation = Activation, Slope = 0.2, Accumulate = Accumulate };
        Conv.Run(device, dtype, program, Batch, rounded?.All ?? x.Range, filter, y, epilogue, scratch?.All, rounded: takes);
        return y.Read();
    }

    private static DeviceBuffer Round(Device device, DeviceArray x)
    {
        var rounded = device.Allocate((long)x.Count * DType.BFloat16.Size(), "rounded");
        RoundedImages.Run(device, x, rounded.All, x.Count);
        return rounded;
    }

    private static double[] Values(int count, int seed, Func<double, double> map)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => map((float)((2 * random.NextDouble()) - 1)))];
    }
}
