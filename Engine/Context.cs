using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Sampling;

namespace GenEngine;

/// <summary>
/// What operations run in: a device, the real type, the step arena, the tape and the random state. One thread at a time.
/// </summary>
public sealed class Context : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly Dictionary<ConvKey, ConvPrograms> _convolutions = [];
    private readonly DeviceBuffer _random;
    private uint _stream;
    private int _noGradient;
    private bool _stepOpen;

    /// <param name="device">Where everything lives.</param>
    /// <param name="real">Float32 to train, Float64 to check gradients: the same code either way.</param>
    /// <param name="seed">Key of every random stream.</param>
    public Context(Device device, DType real = DType.Float32, ulong seed = 0)
    {
        if (real is not (DType.Float32 or DType.Float64)) throw new ArgumentOutOfRangeException(nameof(real), real, "Float32 or Float64.");
        Device = device;
        Real = real;
        Seed = seed;
        Arena = new StepArena(device);
        Tape = new Tape(this);
        _random = Allocate(RandomState.Bytes, "random state");
        RestoreRandom(new RandomState(seed, 0));
    }

    /// <summary>Where everything lives; disposing the context leaves it open.</summary>
    public Device Device { get; }

    /// <summary>Float32 or Float64: what weights, gradients and results hold.</summary>
    public DType Real { get; }

    /// <summary>Key of every random stream; see <see cref="Reseed"/>.</summary>
    public ulong Seed { get; private set; }

    /// <summary>Memory of the open step's intermediates; its counters say how many bytes a step takes.</summary>
    public StepArena Arena { get; }

    /// <summary>What the open step has recorded for Backward; empty again when the step ends.</summary>
    public Tape Tape { get; }

    /// <summary>True while operations are recorded for Backward.</summary>
    public bool Recording => _noGradient == 0;

    /// <summary>
    /// Whether results that may be compact are (see <see cref="Ops.ToFloat32"/>). False keeps images in float32 between products in BF16: closer to float32, and slower. Not between a forward pass and its Backward.
    /// </summary>
    public bool StoresCompact { get; set; } = true;

    /// <summary>What follows the operations, while an <see cref="OpTrace"/> does; else null, and costs nothing.</summary>
    internal OpTrace? Trace { get; set; }

    /// <summary>Device memory of the random state; each step draws at its own offset.</summary>
    public BufferRange Random => _random.All;

    /// <summary>Opens a step: intermediates made in it end with it. Random draws in it are new ones.</summary>
    public StepScope BeginStep()
    {
        if (_stepOpen) throw new InvalidOperationException("A step is already open; steps do not nest.");
        _stepOpen = true;
        _stream = 0;
        return new StepScope(this);
    }

    /// <summary>Operations in this scope leave nothing on the tape.</summary>
    public NoGradientScope NoGradient()
    {
        _noGradient++;
        return new NoGradientScope(this);
    }

    /// <summary>A persistent tensor of the context's real type.</summary>
    public Tensor FromHost(ReadOnlySpan<double> values, Shape shape, string name = "input")
    {
        if (values.Length != shape.Count) throw new EngineException($"'{name}': {values.Length} values do not fill {shape}.");
        var tensor = Persistent(shape, Real, name);
        UploadReal(values, tensor.Range);
        return tensor;
    }

    /// <summary>
    /// A persistent tensor of 32-bit integers (labels, indices). The least and the greatest are remembered, so that operations refuse labels
    /// without a class: upload others into it only within that range.
    /// </summary>
    public Tensor FromLabels(ReadOnlySpan<int> values, Shape shape, string name = "labels")
    {
        if (values.Length != shape.Count) throw new EngineException($"'{name}': {values.Length} values do not fill {shape}.");
        int least = int.MaxValue, greatest = int.MinValue;
        foreach (int value in values) (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        var tensor = new Tensor(this, shape, DType.Int32, Allocate(shape.Count * sizeof(int), name).All, name) { LabelRange = (least, greatest) };
        Device.Upload(values, tensor.Range);
        return tensor;
    }

    /// <summary>Host values in the step arena: they end with the step. Not inside a captured step.</summary>
    public Tensor Transient(ReadOnlySpan<double> values, Shape shape, string name = "input")
    {
        if (values.Length != shape.Count) throw new EngineException($"'{name}': {values.Length} values do not fill {shape}.");
        var tensor = NewTensor(shape, name);
        UploadReal(values, tensor.Range);
        return tensor;
    }

    /// <summary>Uninitialised memory that lasts until the context is disposed.</summary>
    public Tensor Persistent(Shape shape, DType dtype, string name)
    {
        return new Tensor(this, shape, dtype, Allocate(shape.Count * dtype.Size(), name).All, name);
    }

    /// <summary>Device memory that is freed with the context, or earlier by its user.</summary>
    public DeviceBuffer Allocate(long bytes, string name)
    {
        var buffer = Device.Allocate(bytes, name);
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Writes host values as the real type.</summary>
    public void UploadReal(ReadOnlySpan<double> values, BufferRange target)
    {
        if (Real == DType.Float64)
        {
            Device.Upload(values, target);
            return;
        }

        var narrow = new float[values.Length];
        for (int i = 0; i < narrow.Length; i++) narrow[i] = (float)values[i];
        Device.Upload<float>(narrow, target);
    }

    /// <summary>Sets the random state, for a resume or to draw the same numbers again.</summary>
    public void RestoreRandom(RandomState state) => Device.Upload([state], _random.All);

    /// <summary>Begins every random stream anew, as in a context made with this seed. Between steps.</summary>
    public void Reseed(ulong seed)
    {
        if (_stepOpen) throw new InvalidOperationException("Reseed belongs between steps, and one is open.");
        Seed = seed;
        RestoreRandom(new RandomState(seed, 0));
    }

    /// <summary>Reads the random state back from the device: the seed, and how many steps have drawn. For <see cref="RestoreRandom"/>, between steps.</summary>
    public RandomState SaveRandom()
    {
        Span<RandomState> state = stackalloc RandomState[1];
        Device.Download(_random.All, state);
        return state[0];
    }

    public void Dispose()
    {
        if (Device.IsDisposed) return;
        Arena.Dispose();
        foreach (var programs in _convolutions.Values) programs.Dispose();
        foreach (var buffer in _buffers) buffer.Dispose();
    }

    /// <summary>A tensor in the step arena; its content is undefined until a launch writes it.</summary>
    internal Tensor NewTensor(Shape shape, string op, DType? dtype = null)
    {
        if (!_stepOpen) throw new InvalidOperationException($"'{op}' needs an open step: using var step = context.BeginStep();");
        Label(op);
        var type = dtype ?? Real;
        return new Tensor(this, shape, type, Arena.Allocate(shape.Count * type.Size(), op), op);
    }

    /// <summary>As <see cref="NewTensor"/>, for labels known to lie within a range.</summary>
    internal Tensor NewLabels(Shape shape, string op, (int Least, int Greatest) range)
    {
        var labels = NewTensor(shape, op, DType.Int32);
        return new Tensor(this, shape, DType.Int32, labels.Block!, op) { LabelRange = range };
    }

    /// <summary>Scratch of one operation; release it when the operation's launches are made.</summary>
    internal ArenaBlock NewScratch(long bytes, string op) => Arena.Allocate(Math.Max(bytes, 1), op);

    /// <summary>The plans of a convolution, made at its first use.</summary>
    internal ConvPrograms Convolution(in ConvKey key)
    {
        if (!_convolutions.TryGetValue(key, out var programs)) _convolutions[key] = programs = new ConvPrograms(this, key);
        return programs;
    }

    /// <summary>The number of the next random draw of this step; the same draw has the same number in every step.</summary>
    internal uint NextStream() => _stream++;

    internal void EndNoGradient() => _noGradient--;

    /// <summary>Says what the next launches belong to; within Backward they belong to the operation that is gone back through.</summary>
    internal void Label(string op)
    {
        if (!Tape.IsGoingBack) Device.Enter(op);
    }

    internal void EndStep()
    {
        if (!_stepOpen) return;
        if (_stream > 0)
        {
            Label("random state");
            RandomState.Advance(Device, _random.All);
        }

        Tape.Reset();
        Arena.Reset();
        _stepOpen = false;
    }

    /// <summary>Forgets an open step after an error, without launching anything.</summary>
    internal void AbandonStep()
    {
        Tape.Reset();
        Arena.Reset();
        _stepOpen = false;
    }
}

/// <summary>See <see cref="Context.BeginStep"/>.</summary>
public readonly struct StepScope(Context context) : IDisposable
{
    public void Dispose() => context.EndStep();
}

/// <summary>See <see cref="Context.NoGradient"/>.</summary>
public readonly struct NoGradientScope(Context context) : IDisposable
{
    public void Dispose() => context.EndNoGradient();
}
