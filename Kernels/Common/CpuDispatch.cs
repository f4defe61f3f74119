using System.Numerics;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Common;

// How a family's CPU twin is written:
//
//     private readonly unsafe struct Kernel : ICpuKernel<UnaryArgs>
//     {
//         public static void Run<V, T>(WorkerPool pool, UnaryArgs* args)
//             where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => UnaryCpu.Map<V, T>(pool, args);
//     }
//
//     device.Launch<Kernel, UnaryArgs>("unary", dtype, ref args, accesses);
//
// The struct is only a name at compile time: the JIT makes one body for each of {float, double} x {512, 256, 128 bits}, and the
// choice among them is made once a launch. A further compile-time option is a further type parameter of the struct (Kernel<TOp>).

/// <summary>A CPU kernel, generic over the vector; see the head of this file.</summary>
public unsafe interface ICpuKernel<TArgs>
    where TArgs : unmanaged
{
    /// <summary>The body for vectors V of T, float or double; called once a launch or replay. It shares its work out over the pool and returns when all is done.</summary>
    static abstract void Run<V, T>(WorkerPool pool, TArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Chooses the body of a CPU kernel by instruction set and element type.</summary>
public static unsafe class CpuDispatch
{
    /// <summary>Runs (or records) the kernel's body for this device's instruction set and for dtype.</summary>
    /// <exception cref="EngineException">dtype is neither float nor double.</exception>
    public static void Launch<TKernel, TArgs>(this CpuDevice device, string name, DType dtype, ref TArgs args, ReadOnlySpan<Access> accesses)
        where TKernel : struct, ICpuKernel<TArgs>
        where TArgs : unmanaged
    {
        var entry = Entry<TKernel, TArgs>(device.Isa, dtype);
        if (entry is null) throw new EngineException($"{name} takes float or double, not {dtype.CName()}.");
        device.Launch(name, entry, ref args, accesses);
    }

    /// <summary>The kernel's body; null for an element type that is not floating point.</summary>
    public static delegate*<WorkerPool, TArgs*, void> Entry<TKernel, TArgs>(CpuIsa isa, DType dtype)
        where TKernel : struct, ICpuKernel<TArgs>
        where TArgs : unmanaged => (isa, dtype) switch
        {
            (CpuIsa.Avx512, DType.Float32) => &TKernel.Run<V512F, float>,
            (CpuIsa.Avx512, DType.Float64) => &TKernel.Run<V512D, double>,
            (CpuIsa.Avx2, DType.Float32) => &TKernel.Run<V256F, float>,
            (CpuIsa.Avx2, DType.Float64) => &TKernel.Run<V256D, double>,
            (CpuIsa.Portable, DType.Float32) => &TKernel.Run<V128F, float>,
            (CpuIsa.Portable, DType.Float64) => &TKernel.Run<V128D, double>,
            _ => null,
        };
}
