using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>
/// Runs one launch in several orders of lanes and blocks and compares the results bit for bit. What the launch updates is saved and
/// restored in place between orders, what it writes is filled with that order's poison; order 0's result stays. A result that depends
/// on the order comes from a race, from memory that nobody wrote, or from an output left out.
/// </summary>
internal sealed unsafe class OrderedLaunch : IDisposable
{
    /// <summary>Fills written ranges; different in each order, at least one a NaN, or equal garbage would compare equal.</summary>
    private static ReadOnlySpan<byte> OutputPoison => [0xFF, 0xFD, 0xFC];

    private static readonly string[] s_names = ["ascending", "descending", "permuted"];

    private readonly Scratch _before = new();
    private readonly Scratch _first = new();

    public void Run(SimtDriver driver, GpuKernel kernel, SimtLaunch* launch, ReadOnlySpan<Access> accesses, int orders)
    {
        long total = 0;
        foreach (ref readonly var access in accesses)
            if (access.Mode != AccessMode.Read) total += access.Range.Bytes;
        byte* before = _before.Need(total);
        byte* first = _first.Need(total);
        Copy(accesses, before, toScratch: true);
        for (int order = 0; order < orders; order++)
        {
            if (order > 0) Copy(accesses, before, toScratch: false);
            foreach (ref readonly var access in accesses)
                if (access.Mode == AccessMode.Write) NativeMemory.Fill((void*)access.Range.Address, (nuint)access.Range.Bytes, OutputPoison[order]);
            driver.RunOnce(kernel, launch, accesses, order);
            if (order == 0) Copy(accesses, first, toScratch: true);
            else Compare(kernel, accesses, first, order);
        }

        Copy(accesses, first, toScratch: false);
    }

    public void Dispose()
    {
        _before.Dispose();
        _first.Dispose();
    }

    private static void Copy(ReadOnlySpan<Access> accesses, byte* scratch, bool toScratch)
    {
        foreach (ref readonly var access in accesses)
        {
            if (access.Mode == AccessMode.Read) continue;
            var device = (byte*)access.Range.Address;
            long bytes = access.Range.Bytes;
            if (toScratch) Buffer.MemoryCopy(device, scratch, bytes, bytes);
            else Buffer.MemoryCopy(scratch, device, bytes, bytes);
            scratch += bytes;
        }
    }

    private static void Compare(GpuKernel kernel, ReadOnlySpan<Access> accesses, byte* first, int order)
    {
        foreach (ref readonly var access in accesses)
        {
            if (access.Mode == AccessMode.Read) continue;
            long at = FirstDifference((byte*)access.Range.Address, first, access.Range.Bytes);
            if (at >= 0) throw new KernelFaultException(Describe(kernel, access, first, at, order));
            first += access.Range.Bytes;
        }
    }

    private static long FirstDifference(byte* a, byte* b, long bytes)
    {
        const int Chunk = 1 << 30;
        for (long start = 0; start < bytes; start += Chunk)
        {
            int length = (int)Math.Min(Chunk, bytes - start);
            int same = new ReadOnlySpan<byte>(a + start, length).CommonPrefixLength(new ReadOnlySpan<byte>(b + start, length));
            if (same < length) return start + same;
        }

        return -1;
    }

    private static string Describe(GpuKernel kernel, in Access access, byte* first, long at, int order)
    {
        var now = (byte*)access.Range.Address;
        if (access.Mode == AccessMode.Write && now[at] == OutputPoison[order] && first[at] == OutputPoison[0])
        {
            return $"{kernel.File}: {kernel.Name} never writes byte {at} of {access.Range}, which it declares written. " +
                "Write every byte, or declare the range updated.";
        }

        long word = at & ~3L;
        string values = access.Range.Bytes - word >= 4
            ? $"0x{*(uint*)(first + word):x8} ({*(float*)(first + word)}) against 0x{*(uint*)(now + word):x8} ({*(float*)(now + word)})"
            : $"0x{first[at]:x2} against 0x{now[at]:x2}";
        return $"{kernel.File}: {kernel.Name} gives different results when lanes and blocks run {s_names[0]} and {s_names[order]}: " +
            $"byte {at} of {access.Range} is {values}. A barrier is missing, or memory is read that nobody wrote; the checked build (--check) names the line.";
    }

    private sealed class Scratch : IDisposable
    {
        private byte* _memory;
        private long _bytes;

        public byte* Need(long bytes)
        {
            if (bytes <= _bytes) return _memory;
            NativeMemory.Free(_memory);
            _bytes = Math.Max(bytes, 2 * _bytes);
            return _memory = (byte*)NativeMemory.Alloc((nuint)_bytes);
        }

        public void Dispose()
        {
            NativeMemory.Free(_memory);
            _memory = null;
            _bytes = 0;
        }
    }
}
