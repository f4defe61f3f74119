using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class PadCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref PadArgs args, bool crop, ReadOnlySpan<Access> accesses)
    {
        if (crop) device.Launch("crop", CropEntry(dtype), ref args, accesses);
        else device.Launch("pad", PadEntry(dtype), ref args, accesses);
    }

    private static delegate*<WorkerPool, PadArgs*, void> PadEntry(DType dtype) => dtype.Size() switch
    {
        1 => &RunPad<byte>,
        2 => &RunPad<ushort>,
        4 => &RunPad<uint>,
        _ => &RunPad<ulong>,
    };

    private static delegate*<WorkerPool, PadArgs*, void> CropEntry(DType dtype) => dtype.Size() switch
    {
        1 => &RunCrop<byte>,
        2 => &RunCrop<ushort>,
        4 => &RunCrop<uint>,
        _ => &RunCrop<ulong>,
    };

    private static void RunPad<TWord>(WorkerPool pool, PadArgs* args) where TWord : unmanaged =>
        Partition.Run(pool, args, &PadRows<TWord>, args->Rows, 2 * sizeof(TWord) * args->Outer);

    private static void RunCrop<TWord>(WorkerPool pool, PadArgs* args) where TWord : unmanaged =>
        Partition.Run(pool, args, &CropRows<TWord>, args->Rows, 2 * sizeof(TWord) * args->Inner);

    private static void PadRows<TWord>(PadArgs* args, nint start, nint end) where TWord : unmanaged
    {
        ulong bits = args->Bits;
        TWord value = *(TWord*)&bits;
        int inner = (int)args->Inner, outer = (int)args->Outer, left = (int)args->Left;
        for (nint row = start; row < end; row++)
        {
            var target = new Span<TWord>((TWord*)args->Y + ((long)row * outer), outer);
            long image = row / args->OuterHeight, y = row - (image * args->OuterHeight) - args->Top;
            if (y < 0 || y >= args->Height)
            {
                target.Fill(value);
                continue;
            }

            target[..left].Fill(value);
            new ReadOnlySpan<TWord>((TWord*)args->X + (((image * args->Height) + y) * inner), inner).CopyTo(target[left..]);
            target[(left + inner)..].Fill(value);
        }
    }

    private static void CropRows<TWord>(PadArgs* args, nint start, nint end) where TWord : unmanaged
    {
        long bytes = args->Inner * sizeof(TWord);
        for (nint row = start; row < end; row++)
        {
            long image = row / args->Height, y = row - (image * args->Height);
            var source = (TWord*)args->X + ((((image * args->OuterHeight) + args->Top + y) * args->Outer) + args->Left);
            Buffer.MemoryCopy(source, (TWord*)args->Y + (row * args->Inner), bytes, bytes);
        }
    }
}
