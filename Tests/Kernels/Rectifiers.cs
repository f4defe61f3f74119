using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;
using GenEngine.Tests.Kernels.Convolution;

namespace GenEngine.Tests.Kernels;

/// <summary>What gradients go on through, for tests that compare it with a pass of its own.</summary>
internal static class Rectifiers
{
    public const double Slope = 0.3;

    /// <summary>What an activation might have given, zeros of both signs among it.</summary>
    public static DeviceArray Outputs(Device device, DType dtype, int count) =>
        new(device, dtype, [.. ConvRun.Values(count, 3).Select((value, i) => i % 7 == 0 ? 0 : i % 7 == 1 ? -0.0 : value)]);

    /// <summary>The activation's own backward kernel.</summary>
    public static void Pass(Device device, DType dtype, Activation activation, DeviceArray outputs, DeviceArray dy, DeviceArray dx, bool accumulate = false) =>
        Unary.Backward(device, dtype, activation == Activation.Relu ? UnaryOp.Relu : UnaryOp.LeakyRelu, outputs, dy, dx, dx.Count, Slope, accumulate: accumulate);
}
