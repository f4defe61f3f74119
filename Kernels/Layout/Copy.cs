using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>y = x, byte for byte, on the device.</summary>
public static unsafe class Copy
{
    /// <param name="x">Read.</param>
    /// <param name="y">As many bytes as x, written.</param>
    /// <exception cref="EngineException">The sizes differ.</exception>
    public static void Run(Device device, BufferRange x, BufferRange y)
    {
        if (x.Bytes != y.Bytes) throw new EngineException($"copy: {x} and {y} differ in size.");
        if (x.Bytes == 0) return;
        var args = new CopyArgs { X = x.Address, Y = y.Address, N = x.Bytes };
        ReadOnlySpan<Access> accesses = [Access.Read(x), Access.Write(y)];
        if (device is GpuDevice gpu) CopyGpu.Launch(gpu, args, accesses);
        else CopyCpu.Launch((CpuDevice)device, ref args, accesses);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct CopyArgs
{
    public ulong X, Y;

    /// <summary>Bytes on the CPU, words on a GPU.</summary>
    public long N;
}
