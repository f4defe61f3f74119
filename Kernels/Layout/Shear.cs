using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>
/// Where a pixel of the result comes from: result (i, j) = x (i + Down, Step * j + Start + Slope * i), or 0 where that lies outside of x. Skewing, its
/// reverse, a mirror and moved rows are such maps, and the adjoint of each is one too.
/// </summary>
/// <param name="Down">Rows.</param>
/// <param name="Step">1, or -1 for a mirror image.</param>
/// <param name="Start">Column that column 0 of row 0 comes from.</param>
/// <param name="Slope">Columns from one row to the next.</param>
public readonly record struct ShearMap(int Down, int Step, int Start, int Slope);

/// <summary>Moves the pixels of NHWC images by a <see cref="ShearMap"/>; for any element type.</summary>
public static unsafe class Shear
{
    private const string Name = "shear";

    /// <param name="x">[n, h, w, c], read.</param>
    /// <param name="y">[n, h, outW, c], written.</param>
    /// <param name="accumulate">Add to what y holds, in place of writing it.</param>
    /// <exception cref="EngineException">A range is too short, an extent is negative, the step is neither 1 nor -1, or the type cannot be added.</exception>
    public static void Run(
        Device device, DType dtype, in ShearMap map, BufferRange x, BufferRange y, int n, int h, int w, int outW, int c, bool accumulate = false)
    {
        if (n < 0 || h < 0 || w < 0 || outW < 0 || c < 0) throw new EngineException($"{Name}: {n} images of {h}x{w}x{c} to a width of {outW}: no extent may be negative.");
        if (map.Step is not (1 or -1)) throw new EngineException($"{Name}: {map}: the step must be 1 or -1.");
        if (accumulate && dtype is not (DType.Float32 or DType.Float64)) throw new EngineException($"{Name} adds float and double, not {dtype.CName()}.");
        x = x.First(Name, "x", dtype, (long)n * h * w * c);
        y = y.First(Name, "y", dtype, (long)n * h * outW * c);
        if (y.Bytes == 0) return;
        var args = new ShearArgs
        {
            X = x.Address,
            Y = y.Address,
            Rows = (long)n * h,
            Height = h,
            Width = w,
            OutWidth = outW,
            Channels = c,
            Down = map.Down,
            Step = map.Step,
            Start = map.Start,
            Slope = map.Slope,
        };
        ReadOnlySpan<Access> accesses = [Access.Read(x), accumulate ? Access.Update(y) : Access.Write(y)];
        if (device is GpuDevice gpu) ShearGpu.Launch(gpu, dtype, ref args, accumulate, accesses);
        else ShearCpu.Launch((CpuDevice)device, dtype, ref args, accumulate, accesses);
    }
}

/// <summary>See shear.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ShearArgs
{
    public ulong X, Y;

    /// <summary>Rows of all images.</summary>
    public long Rows;

    public long Height, Width, OutWidth, Channels, Down, Step, Start, Slope;
    public int LaneBits;

    /// <summary>The result columns first to end - 1 of row i that have a source; none where i + Down is no row.</summary>
    public readonly (long First, long End) Inside(long i)
    {
        if (i + Down < 0 || i + Down >= Height) return (0, 0);
        long at = Start + (Slope * i);
        var (first, end) = Step > 0 ? (-at, Width - at) : (at - Width + 1, at + 1);
        first = Math.Clamp(first, 0, OutWidth);
        return (first, Math.Clamp(end, first, OutWidth));
    }
}
