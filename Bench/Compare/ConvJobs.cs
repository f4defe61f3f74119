using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Compare;

/// <summary>Convolutions of the peer's table, forward and backward to image, filter and bias. Their floor counts the products that a mask leaves.</summary>
internal static class ConvJobs
{
    /// <summary>x [images, side, side, channels] to so many channels.</summary>
    public static Func<Device, OwnJob> Conv(int images, int side, int channels, int outputs, ConvSpec spec)
    {
        var plan = ConvPlan.Create(spec, new ConvImage(side, side, channels), outputs);
        Shape[] shapes = [new(images, side, side, channels), new(outputs, spec.KernelHeight, spec.KernelWidth, channels), new(outputs)];
        return device => new OpJob(device, Flops(plan, images), Bytes(plan, images), shapes, x => x[0].Conv2d(x[1], x[2], spec));
    }

    /// <summary>The same for a transposed convolution.</summary>
    public static Func<Device, OwnJob> Transposed(int images, int side, int channels, int outputs, ConvSpec spec)
    {
        var plan = ConvPlan.CreateTransposed(spec, new ConvImage(side, side, channels), outputs);
        Shape[] shapes = [new(images, side, side, channels), new(channels, spec.KernelHeight, spec.KernelWidth, outputs), new(outputs)];
        return device => new OpJob(device, Flops(plan, images), Bytes(plan, images), shapes, x => x[0].ConvTranspose2d(x[1], x[2], spec));
    }

    // forward, input gradient and filter gradient are the same products
    private static double Flops(ConvPlan plan, int images) => 3 * 2.0 * images * plan.Products;

    // x twice and dx, y and dy twice: each pass by itself; the filter stays in the caches
    private static double Bytes(ConvPlan plan, int images) => sizeof(float) * images * ((3.0 * plan.Input.Count) + (3.0 * plan.Output.Count));
}
