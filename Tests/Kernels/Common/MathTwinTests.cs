using System.Numerics;
using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Common;

/// <summary>Common/math.cuh gives the bits of VecMath, over all exponents.</summary>
[TestFixture]
[Parallelizable]
internal sealed class MathTwinTests
{
    private static readonly GpuKernel s_float = new("Tests/Kernels/Common/math_probe.cu", "math_probe", typeof(MathProbeArgs), "REAL=float");
    private static readonly GpuKernel s_double = new("Tests/Kernels/Common/math_probe.cu", "math_probe", typeof(MathProbeArgs), "REAL=double");

    [Test]
    public void Float([ValueSource(typeof(TestDevices), nameof(TestDevices.Gpus))] TestDevice which, [Values] MathFunction function) =>
        Compare<V1F, float>(which, s_float, function, VecMathTests.DenseFloats());

    [Test]
    public void Double([ValueSource(typeof(TestDevices), nameof(TestDevices.Gpus))] TestDevice which, [Values] MathFunction function) =>
        Compare<V1D, double>(which, s_double, function, VecMathTests.DenseDoubles());

    private static void Compare<V, T>(TestDevice which, GpuKernel kernel, MathFunction function, T[] x)
        where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var device = (GpuDevice)which.Open();
        x = [.. x.Select(value => InDomain(function, value))];
        long bytes = (long)x.Length * Marshal.SizeOf<T>();
        using DeviceBuffer input = device.Allocate(bytes, "x"), output = device.Allocate(bytes, "y");
        device.Upload<T>(x, input.All);
        var args = new MathProbeArgs { X = input.All.Address, Y = output.All.Address, N = x.Length, Function = (int)function };
        device.Launch(kernel, LaunchShape.Linear(device.Driver.GridStrideBlocks(x.Length, 256), 256), ref args, [Access.Read(input.All), Access.Write(output.All)]);
        var y = new T[x.Length];
        device.Download<T>(output.All, y);
        VecMathTests.AssertSameBits(VecMathTests.Run<V, T>(function, x), y, x, which.Name);
    }

    /// <summary>The two functions that have a contract for a part of the line only; the others take every number.</summary>
    private static T InDomain<T>(MathFunction function, T x) where T : unmanaged, IFloatingPointIeee754<T> => function switch
    {
        MathFunction.Expm1OfNegative => -T.Abs(x),
        MathFunction.SinTurns or MathFunction.CosTurns => T.IsFinite(x) ? T.Abs(x - T.Truncate(x)) : x,
        _ => x,
    };

    [StructLayout(LayoutKind.Sequential)]
    internal struct MathProbeArgs
    {
        public ulong X, Y;
        public long N;
        public int Function;
    }
}
