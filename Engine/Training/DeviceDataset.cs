using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;

namespace GenEngine;

/// <summary>
/// A data set that lives on the device as bytes. Batches are gathered by a kernel from an endless stream of indices whose position
/// is device memory too, so that a captured step moves on by itself.
/// </summary>
public sealed class DeviceDataset : ITrainingData
{
    // streams of random numbers: training draws anew each epoch, evaluation once and for all
    private const uint TrainStream = 0xB1A50001, EvaluationStream = 0xB1A50002;

    private readonly Context _context;
    private readonly Binarization _binarization;
    private readonly DeviceBuffer _items;
    private readonly DeviceBuffer? _labels;
    private readonly (int Least, int Greatest) _labelRange;
    private readonly DeviceBuffer _position;
    private readonly DeviceBuffer _evaluation;

    /// <param name="context">Where batches are made.</param>
    /// <param name="data">Copied to the device.</param>
    /// <param name="binarization">How bytes become pixels: none gives byte / 255.</param>
    public DeviceDataset(Context context, ImageDataset data, Binarization binarization = Binarization.None)
    {
        _context = context;
        _binarization = binarization;
        Shape = DataShape.Of(data);
        Count = data.Count;
        _items = context.Allocate(data.Items.Length, $"{data.Name} items");
        context.Device.Upload<byte>(data.Items, _items.All);
        if (data.Labels is { } labels)
        {
            _labels = context.Allocate((long)labels.Length * sizeof(int), $"{data.Name} labels");
            context.Device.Upload<int>(labels, _labels.All);
            _labelRange = (0, labels.Max()); // rows past the end of an evaluation have label 0
        }

        _position = context.Allocate(DataPosition.Bytes, "data position");
        _evaluation = context.Allocate(DataPosition.Bytes, "evaluation position");
        Seek(0);
    }

    public DataShape Shape { get; }

    /// <summary>Images.</summary>
    public int Count { get; }

    public double ItemsAnEpoch => Count;

    /// <summary>Index of the next training image in the endless stream; epoch = Position / Count.</summary>
    public ulong Position
    {
        get
        {
            Span<DataPosition> position = stackalloc DataPosition[1];
            _context.Device.Download(_position.All, position);
            return position[0].Next;
        }
    }

    /// <summary>Moves the training stream, for a resume.</summary>
    public void Seek(ulong next) => _context.Device.Upload([new DataPosition { Next = next, Seed = _context.Seed }], _position.All);

    /// <summary>Inside a training step: the next batch of the shuffled stream; a batch may straddle two epochs.</summary>
    public Batch NextBatch(int batch)
    {
        var result = Gathered(batch, GatherMode.Shuffled, TrainStream, _position.All);
        DataPosition.Advance(_context.Device, _position.All, batch);
        return result;
    }

    /// <summary>Inside an evaluation step: images [start, start + batch) in file order; rows past the end are zeros.</summary>
    public Batch EvaluationBatch(long start, int batch)
    {
        _context.Device.Upload([new DataPosition { Next = (ulong)start, Seed = _context.Seed }], _evaluation.All);
        return Gathered(batch, GatherMode.EvaluateZero, EvaluationStream, _evaluation.All);
    }

    public void Dispose()
    {
        _items.Dispose();
        _labels?.Dispose();
        _position.Dispose();
        _evaluation.Dispose();
    }

    private Batch Gathered(int batch, GatherMode mode, uint stream, BufferRange position)
    {
        var images = _context.NewTensor(new Shape(batch, Shape.Pixels), "batch");
        var labels = _labels is null ? null : _context.NewLabels(new Shape(batch), "batch labels", _labelRange);
        _context.Label("batch");
        var shape = new GatherShape(Count, Shape.Pixels, batch) { Mode = mode, Binarization = _binarization, LabelType = DType.Int32, Stream = stream };
        Gather.Run(_context.Device, _context.Real, shape, _items.All, _labels?.All, position, images.Range, labels?.Range);
        return new Batch(images, labels);
    }
}
