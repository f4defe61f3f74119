using System.Numerics;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cpu;

[TestFixture]
public sealed unsafe class CpuDispatchTests
{
    private struct LanesArgs
    {
        public ulong Result;
    }

    /// <summary>Writes (lanes, bytes an element) of the vector that it was made for.</summary>
    private readonly struct LanesKernel : ICpuKernel<LanesArgs>
    {
        public static void Run<V, T>(WorkerPool pool, LanesArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            ((int*)args->Result)[0] = V.Count;
            ((int*)args->Result)[1] = sizeof(T);
        }
    }

    [TestCase(CpuIsa.Avx512, 64)]
    [TestCase(CpuIsa.Avx2, 32)]
    [TestCase(CpuIsa.Portable, 16)]
    public void TheBodyFitsTheInstructionSetAndTheElementType(CpuIsa isa, int bytes)
    {
        if (!isa.IsSupported()) Assert.Ignore($"This processor has no {isa.Name()}.");
        using var device = new CpuDevice(new CpuOptions(1, isa));
        using var buffer = device.Allocate(8, "lanes");
        var args = new LanesArgs { Result = buffer.All.Address };
        int[] result = new int[2];
        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            device.Launch<LanesKernel, LanesArgs>("lanes", dtype, ref args, [Access.Write(buffer.All)]);
            device.Download<int>(buffer.All, result);
            Assert.That(result, Is.EqualTo(new[] { bytes / dtype.Size(), dtype.Size() }));
        }

        var error = Assert.Throws<EngineException>(() => device.Launch<LanesKernel, LanesArgs>("lanes", DType.Int32, ref args, []));
        Assert.That(error!.Message, Does.Contain("lanes takes float or double, not i32"));
    }
}
