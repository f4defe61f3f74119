using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>Values in [0, 1] as levels: y[i] = x[i] * greatest, rounded to the nearest integer (ties to even) and held in 0 .. greatest. A NaN gives 0.</summary>
public static class Levels
{
    /// <param name="dtype">float or double, of x.</param>
    /// <param name="x">count elements, read.</param>
    /// <param name="y">int32, count elements, written.</param>
    /// <param name="greatest">The level of 1: 255 for bytes.</param>
    /// <exception cref="EngineException">A range is too short, or no level but 0.</exception>
    public static void Run(Device device, DType dtype, BufferRange x, BufferRange y, long count, int greatest)
    {
        if (greatest < 1) throw new EngineException($"levels: the greatest is {greatest}; it must be positive.");
        if (count == 0) return;
        x = x.First("levels", "x", dtype, count);
        y = y.First("levels", "y", DType.Int32, count);
        var args = new LevelsArgs { X = x.Address, Y = y.Address, Count = count, Greatest = greatest };
        ReadOnlySpan<Access> accesses = [Access.Read(x), Access.Write(y)];
        if (device is GpuDevice gpu) LevelsGpu.Launch(gpu, dtype, ref args, accesses);
        else LevelsCpu.Launch((CpuDevice)device, dtype, ref args, accesses);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct LevelsArgs
{
    public ulong X, Y;
    public long Count;
    public int Greatest;
}
