using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>
/// Cuts a batch of windows out of clips of byte codes that live on the device, with what comes next at each position and the class of each window's clip: one kernel, no host data.
/// Row r of the batch is index i = position.Next + r of an endless stream; see <see cref="GatherMode"/> for the window it names. Windows are numbered clip by clip.
/// </summary>
public static unsafe class SequenceGather
{
    private const string Name = "sequence_gather";

    /// <summary>
    /// heard[r, t] = codes[begin + t], next[r, t] = codes[begin + t + 1] for the window at begin = offsets[clip] + (window - windows[clip]) * Stride; 0 beyond the clip's end, and everywhere in a row past the
    /// end of an evaluation that fills up with zeros.
    /// </summary>
    /// <param name="codes">uint8, all clips one behind the other; read.</param>
    /// <param name="offsets">int64 [Clips + 1]: clip c is the codes [offsets[c], offsets[c + 1]); read.</param>
    /// <param name="windows">int64 [Clips + 1], not decreasing: clip c has the windows [windows[c], windows[c + 1]), the first 0, the last Count; read.</param>
    /// <param name="labels">int32 [Clips], read; null when there are none.</param>
    /// <param name="position">One <see cref="DataPosition"/>, read; <see cref="DataPosition.Advance"/> moves it.</param>
    /// <param name="heard">int32 [Batch, Length], written.</param>
    /// <param name="next">int32 [Batch, Length], written.</param>
    /// <param name="batchLabels">int32 [Batch], written; given exactly when labels are.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is not positive.</exception>
    public static void Run(
        Device device, in SequenceShape shape, BufferRange codes, BufferRange offsets, BufferRange windows, BufferRange? labels, BufferRange position,
        BufferRange heard, BufferRange next, BufferRange? batchLabels)
    {
        if (shape.Count < 1 || (ulong)shape.Count > Feistel.MaxCount || shape.Clips < 1 || shape.Length < 1 || shape.Batch < 1 || shape.Stride < 1)
            throw new EngineException($"{Name}: {shape.Batch} windows of {shape.Length} codes, {shape.Stride} apart, from {shape.Count} windows of {shape.Clips} clips: every extent must be positive.");
        if (labels.HasValue != batchLabels.HasValue) throw new EngineException($"{Name}: give labels and batch labels together, or neither.");
        offsets = offsets.First(Name, "offsets", DType.Int64, shape.Clips + 1L);
        windows = windows.First(Name, "windows", DType.Int64, shape.Clips + 1L);
        labels = labels?.First(Name, "labels", DType.Int32, shape.Clips);
        position = position.First(Name, "position", DType.Int64, 2);
        heard = heard.First(Name, "heard", DType.Int32, (long)shape.Batch * shape.Length);
        next = next.First(Name, "next", DType.Int32, (long)shape.Batch * shape.Length);
        batchLabels = batchLabels?.First(Name, "batch labels", DType.Int32, shape.Batch);
        var args = new SequenceGatherArgs
        {
            Codes = codes.Address,
            Offsets = offsets.Address,
            Windows = windows.Address,
            Labels = labels?.Address ?? 0,
            Position = position.Address,
            Heard = heard.Address,
            Next = next.Address,
            BatchLabels = batchLabels?.Address ?? 0,
            Count = shape.Count,
            Stride = shape.Stride,
            Clips = shape.Clips,
            Rows = shape.Batch,
            Length = shape.Length,
            HalfBits = Feistel.HalfBits((ulong)shape.Count),
            Mode = (int)shape.Mode,
            HasLabels = labels.HasValue ? 1 : 0,
        };
        Span<Access> accesses =
            [Access.Read(codes), Access.Read(offsets), Access.Read(windows), Access.Read(position), Access.Write(heard), Access.Write(next), default, default];
        int used = 6;
        if (labels is { } read) accesses[used++] = Access.Read(read);
        if (batchLabels is { } written) accesses[used++] = Access.Write(written);
        if (device is GpuDevice gpu) SequenceGatherGpu.Launch(gpu, ref args, accesses[..used]);
        else SequenceGatherCpu.Launch((CpuDevice)device, ref args, accesses[..used]);
    }
}

/// <summary>The constants of a gather of sequences.</summary>
/// <param name="Count">Windows of all clips.</param>
/// <param name="Clips">Clips, of any length, also ones without a window.</param>
/// <param name="Length">Positions of a window; it reads a code more, what follows its last.</param>
/// <param name="Batch">Windows of the batch.</param>
public readonly record struct SequenceShape(long Count, int Clips, int Length, int Batch)
{
    /// <summary>Codes from one window's beginning to that of the clip's next.</summary>
    public long Stride { get; init; } = 1;

    /// <summary>Order of the windows, and what rows past the last hold; shuffled and endless unless set.</summary>
    public GatherMode Mode { get; init; }
}

[StructLayout(LayoutKind.Sequential)]
internal struct SequenceGatherArgs
{
    public ulong Codes, Offsets, Windows, Labels, Position, Heard, Next, BatchLabels;
    public long Count, Stride;
    public int Clips, Rows, Length, HalfBits, LaneBits, Mode, HasLabels;
}
