using GenEngine.Kernels;
using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>
/// Windows through all clips that predict each code once, from all the codes that a model can see: each begins so far before the end of the one before that its first
/// counted position has a whole receptive field behind it. The first codes of a clip, which have less before them, are left out.
/// </summary>
public sealed class SequencePass : IDisposable
{
    private readonly DeviceSequences _sequences;
    private readonly DeviceBuffer _table;
    private readonly long[] _windows;
    private readonly int _field, _fresh;

    internal SequencePass(DeviceSequences sequences, int field)
    {
        var data = sequences.Data;
        if (data.LongestClip <= field)
            throw new EngineException(FormattableString.Invariant(
                $"The model's receptive field of {field:N0} codes is longer than every clip of {data.Name} ({data.Split}): the longest has {data.LongestClip:N0}, and nothing can be predicted from a whole field. Use fewer --layers or --stacks, or lay the clips end to end (--clips joined)."));
        if (field > sequences.Window)
            throw new EngineException(FormattableString.Invariant($"The model sees {field:N0} codes, more than a window of {sequences.Window:N0} has: use a longer --window, or fewer layers."));
        (_sequences, _field, _fresh) = (sequences, field, sequences.Window - field + 1);
        _windows = sequences.Windows(clip => Math.Max(0, (clip - field + _fresh - 1) / _fresh));
        _table = sequences.Upload(_windows, "evaluation windows");
        Predicted = Enumerable.Range(0, data.Clips).Sum(clip => (long)Math.Max(0, data.Offsets[clip + 1] - data.Offsets[clip] - field));
    }

    /// <summary>Windows.</summary>
    public long Count => _windows[^1];

    /// <summary>Codes that all windows predict together, each once.</summary>
    public long Predicted { get; }

    /// <summary>Inside an evaluation step: windows [start, start + batch); rows past the last are zeros.</summary>
    public Batch Batch(long start, int batch) => _sequences.EvaluationBatch(start, batch, Count, _fresh, _table);

    /// <summary>What counts of a window: positions [First, First + Length), which predict the codes of the clip set [Code, Code + Length).</summary>
    public (int First, int Length, int Code) Counted(long window)
    {
        int clip = Array.BinarySearch(_windows, window);
        if (clip < 0) clip = ~clip - 1;
        while (_windows[clip + 1] <= window) clip++; // clips without windows share a number
        int[] offsets = _sequences.Data.Offsets;
        int begin = offsets[clip] + (int)((window - _windows[clip]) * _fresh), code = begin + _field;
        return (_field - 1, Math.Min(_fresh, offsets[clip + 1] - code), code);
    }

    public void Dispose() => _table.Dispose();
}
