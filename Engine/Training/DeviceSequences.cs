using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;

namespace GenEngine;

/// <summary>
/// Clips of codes that live on the device. Training draws windows from an endless shuffled stream in which every place where a window fits comes once an epoch; evaluation goes through windows
/// that overlap, so that each code is predicted once, by a position that sees a model's whole receptive field.
/// </summary>
public sealed class DeviceSequences : ITrainingData
{
    private readonly Context _context;
    private readonly DeviceBuffer _codes, _offsets, _position, _evaluationPosition, _windows;
    private readonly DeviceBuffer? _labels;
    private readonly SequenceDataset _data;
    private readonly (int Least, int Greatest) _codeRange, _labelRange;

    /// <param name="context">Where batches are made.</param>
    /// <param name="data">Copied to the device.</param>
    /// <param name="window">Positions of a window; a clip gives windows when it has a code more than that.</param>
    /// <exception cref="EngineException">The window is longer than every clip.</exception>
    public DeviceSequences(Context context, SequenceDataset data, int window)
    {
        if (window < 1) throw new EngineException($"--window {window}: a window has at least one code.");
        if (data.LongestClip <= window)
            throw new EngineException(FormattableString.Invariant(
                $"A window of {window:N0} codes, and the one that follows it, fits into no clip of {data.Name} ({data.Split}): the longest of {data.Clips:N0} has {data.LongestClip:N0}. Use a smaller --window{(data.Clips > 1 ? ", or lay the clips end to end (--clips joined)" : "")}."));
        (_context, _data, Window) = (context, data, window);
        Shape = DataShape.Of(data, window);
        _codeRange = (0, data.Alphabet - 1);
        _codes = context.Allocate(data.Codes.Length, $"{data.Name} codes");
        context.Device.Upload<byte>(data.Codes, _codes.All);
        _offsets = Upload(Array.ConvertAll(data.Offsets, offset => (long)offset), "clip offsets");
        long[] windows = Windows(clip => Math.Max(0, clip - window));
        _windows = Upload(windows, "windows of clips");
        Count = windows[^1];
        if (data.Labels is { } labels)
        {
            _labels = context.Allocate((long)labels.Length * sizeof(int), $"{data.Name} labels");
            context.Device.Upload<int>(labels, _labels.All);
            _labelRange = (0, labels.Max());
        }

        _position = context.Allocate(DataPosition.Bytes, "data position");
        _evaluationPosition = context.Allocate(DataPosition.Bytes, "evaluation position");
        Seek(0);
    }

    public DataShape Shape { get; }

    /// <summary>Positions of a window.</summary>
    public int Window { get; }

    /// <summary>Places where a window fits.</summary>
    public long Count { get; }

    /// <summary>The clips, as they lie on the host.</summary>
    public SequenceDataset Data => _data;

    /// <summary>Windows laid end to end, not places: an epoch shows each code about once.</summary>
    public double ItemsAnEpoch => (double)_data.Codes.Length / Window;

    /// <summary>Index of the next training window in the endless stream.</summary>
    public ulong Position
    {
        get
        {
            Span<DataPosition> position = stackalloc DataPosition[1];
            _context.Device.Download(_position.All, position);
            return position[0].Next;
        }
    }

    public void Seek(ulong next) => _context.Device.Upload([new DataPosition { Next = next, Seed = _context.Seed }], _position.All);

    /// <summary>Inside a training step: the next windows of the shuffled stream.</summary>
    public Batch NextBatch(int batch)
    {
        var shape = new SequenceShape(Count, _data.Clips, Window, batch) { Mode = GatherMode.Shuffled };
        var result = Cut(shape, _windows, _position);
        DataPosition.Advance(_context.Device, _position.All, batch);
        return result;
    }

    /// <summary>The windows of an evaluation by a model that sees so many codes.</summary>
    /// <exception cref="EngineException">No clip is longer than the receptive field, or the window is not.</exception>
    public SequencePass Evaluate(int field) => new(this, field);

    internal DeviceBuffer Upload(long[] values, string name)
    {
        var buffer = _context.Allocate((long)values.Length * sizeof(long), name);
        _context.Device.Upload<long>(values, buffer.All);
        return buffer;
    }

    /// <summary>[clips + 1]: how many windows there are before each clip.</summary>
    internal long[] Windows(Func<int, long> ofClip)
    {
        var windows = new long[_data.Clips + 1];
        for (int clip = 0; clip < _data.Clips; clip++) windows[clip + 1] = windows[clip] + ofClip(_data.Offsets[clip + 1] - _data.Offsets[clip]);
        return windows;
    }

    internal Batch EvaluationBatch(long start, int batch, long count, int stride, DeviceBuffer windows)
    {
        _context.Device.Upload([new DataPosition { Next = (ulong)start, Seed = _context.Seed }], _evaluationPosition.All);
        return Cut(new SequenceShape(count, _data.Clips, Window, batch) { Mode = GatherMode.EvaluateZero, Stride = stride }, windows, _evaluationPosition);
    }

    public void Dispose()
    {
        _codes.Dispose();
        _offsets.Dispose();
        _windows.Dispose();
        _labels?.Dispose();
        _position.Dispose();
        _evaluationPosition.Dispose();
    }

    private Batch Cut(in SequenceShape shape, DeviceBuffer windows, DeviceBuffer position)
    {
        var extents = new Shape(shape.Batch, 1, Window);
        var heard = _context.NewLabels(extents, "batch", _codeRange);
        var next = _context.NewLabels(extents, "batch targets", _codeRange);
        var labels = _labels is null ? null : _context.NewLabels(new Shape(shape.Batch), "batch labels", _labelRange);
        _context.Label("batch");
        SequenceGather.Run(_context.Device, shape, _codes.All, _offsets.All, windows.All, _labels?.All, position.All, heard.Range, next.Range, labels?.Range);
        return new Batch(heard, labels) { Targets = next };
    }
}
