using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>Puts a border of one value around NHWC images, and cuts it off again; for any element type.</summary>
public static unsafe class Pad
{
    /// <summary>y = x with top, bottom, left, right pixels of value around each image.</summary>
    /// <param name="x">[n, h, w, c], read.</param>
    /// <param name="y">[n, top + h + bottom, left + w + right, c], written.</param>
    /// <exception cref="EngineException">A range is too short, an extent is negative, or the type cannot hold the value.</exception>
    public static void Run(
        Device device, DType dtype, BufferRange x, BufferRange y, int n, int h, int w, int c,
        int top, int bottom, int left, int right, double value) =>
        Launch(device, dtype, x, y, n, h, w, c, top, bottom, left, right, Words.Bits(dtype, value), crop: false);

    /// <summary>The gradient of <see cref="Run"/>: dx = dy without its border.</summary>
    /// <param name="dy">[n, top + h + bottom, left + w + right, c], read.</param>
    /// <param name="dx">[n, h, w, c], written.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is negative.</exception>
    public static void Backward(
        Device device, DType dtype, BufferRange dy, BufferRange dx, int n, int h, int w, int c,
        int top, int bottom, int left, int right) =>
        Launch(device, dtype, dy, dx, n, h, w, c, top, bottom, left, right, 0, crop: true);

    private static void Launch(
        Device device, DType dtype, BufferRange x, BufferRange y, int n, int h, int w, int c,
        int top, int bottom, int left, int right, ulong bits, bool crop)
    {
        string kernel = crop ? "crop" : "pad";
        if (n < 0 || h < 0 || w < 0 || c < 0 || top < 0 || bottom < 0 || left < 0 || right < 0)
            throw new EngineException($"{kernel}: images of {n}x{h}x{w}x{c} with a border of {top}, {bottom}, {left}, {right}: no extent may be negative.");
        long inner = (long)w * c, outer = ((long)left + w + right) * c, outerHeight = (long)top + h + bottom;
        if (outer > int.MaxValue) throw new EngineException($"{kernel}: a padded image row of {outer:N0} elements is too long; the limit is {int.MaxValue:N0}.");
        long small = n * h * inner, large = n * outerHeight * outer;
        x = x.First(kernel, "x", dtype, crop ? large : small);
        y = y.First(kernel, "y", dtype, crop ? small : large);
        if (y.Bytes == 0) return;
        var args = new PadArgs
        {
            X = x.Address,
            Y = y.Address,
            Rows = crop ? (long)n * h : n * outerHeight,
            Height = h,
            OuterHeight = outerHeight,
            Top = top,
            Inner = inner,
            Outer = outer,
            Left = (long)left * c,
            Bits = bits,
        };
        ReadOnlySpan<Access> accesses = [Access.Read(x), Access.Write(y)];
        if (device is GpuDevice gpu) PadGpu.Launch(gpu, dtype, ref args, crop, accesses);
        else PadCpu.Launch((CpuDevice)device, dtype, ref args, crop, accesses);
    }
}

/// <summary>Rows are image rows of pixels times channels: Inner elements in an image, Outer with the border.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PadArgs
{
    public ulong X, Y;

    /// <summary>Rows of y in all.</summary>
    public long Rows;

    public long Height, OuterHeight, Top, Inner, Outer, Left;
    public ulong Bits;
    public int LaneBits;
}
