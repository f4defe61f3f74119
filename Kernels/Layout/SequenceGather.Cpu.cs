using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class SequenceGatherCpu
{
    public static void Launch(CpuDevice device, ref SequenceGatherArgs args, ReadOnlySpan<Access> accesses) => device.Launch("sequence_gather", &Run, ref args, accesses);

    private static void Run(WorkerPool pool, SequenceGatherArgs* args) => Partition.Run(pool, args, &Rows, args->Rows, args->Length * 9L);

    private static void Rows(SequenceGatherArgs* args, nint start, nint end)
    {
        var position = (DataPosition*)args->Position;
        var mode = (GatherMode)args->Mode;
        ulong count = (ulong)args->Count;
        long* windows = (long*)args->Windows, offsets = (long*)args->Offsets;
        for (nint row = start; row < end; row++)
        {
            ulong window = position->Next + (ulong)row;
            bool empty = false;
            if (mode is GatherMode.Shuffled or GatherMode.Sequential)
            {
                (ulong epoch, window) = Math.DivRem(window, count);
                if (mode == GatherMode.Shuffled) window = Feistel.Permute(window, count, Feistel.Key(position->Seed, epoch), args->HalfBits);
            }
            else if (window >= count)
            {
                empty = mode == GatherMode.EvaluateZero;
                window = count - 1;
            }

            int low = 0, high = args->Clips - 1; // the last clip whose windows begin at or before this one
            while (low < high)
            {
                int middle = low + ((high - low + 1) / 2);
                if (windows[middle] <= (long)window) low = middle;
                else high = middle - 1;
            }

            long begin = offsets[low] + (((long)window - windows[low]) * args->Stride);
            if (args->HasLabels != 0) ((int*)args->BatchLabels)[row] = empty ? 0 : ((int*)args->Labels)[low];
            Cut((byte*)args->Codes + begin, empty ? 0 : offsets[low + 1] - begin, (int*)args->Heard + (row * args->Length), (int*)args->Next + (row * args->Length), args->Length);
        }
    }

    /// <param name="left">Codes of the clip from the window's beginning on.</param>
    private static void Cut(byte* codes, long left, int* heard, int* next, int length)
    {
        int there = (int)Math.Clamp(left, 0, length), followed = (int)Math.Clamp(left - 1, 0, length);
        for (int t = 0; t < there; t++) heard[t] = codes[t];
        for (int t = 0; t < followed; t++) next[t] = codes[t + 1];
        new Span<int>(heard + there, length - there).Clear();
        new Span<int>(next + followed, length - followed).Clear();
    }
}
