using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>
/// A contiguous array on a device. Results of operations live in the step arena and end with their step (see <see cref="Keep"/>);
/// parameters, data and state live in buffers of their own. Operations are extension methods, see <see cref="Ops"/>.
/// </summary>
public sealed class Tensor : IDisposable
{
    private readonly ArenaBlock? _block;
    private readonly BufferRange _fixed;

    internal Tensor(Context context, Shape shape, DType dtype, ArenaBlock block, string op)
    {
        Context = context;
        Shape = shape;
        DType = dtype;
        Op = op;
        _block = block;
    }

    internal Tensor(Context context, Shape shape, DType dtype, BufferRange range, string name)
    {
        Context = context;
        Shape = shape;
        DType = dtype;
        Op = name;
        _fixed = range;
    }

    /// <summary>Where it lives; operations on it run there.</summary>
    public Context Context { get; }

    /// <summary>Extents, row-major; images are N,H,W,C.</summary>
    public Shape Shape { get; }

    /// <summary>The context's real type; BFloat16 for images that are stored so (see <see cref="Ops.ToFloat32"/>); Int32 for labels and codes.</summary>
    public DType DType { get; }

    /// <summary>The operation that made it, or the name of the parameter or buffer.</summary>
    public string Op { get; }

    /// <summary>Elements.</summary>
    public long Count => Shape.Count;

    /// <summary>The memory, checked to be still this tensor's.</summary>
    /// <exception cref="StaleTensorException">The step that made the tensor has ended, or Backward released it.</exception>
    public BufferRange Range => _block?.Resolve() ?? _fixed;

    /// <summary>True when a gradient may flow to it: a parameter, an input under check, or the result of an operation on one.</summary>
    public bool RequiresGradient { get; internal set; }

    /// <summary>The group that owns it, when it is a parameter.</summary>
    public ParameterGroup? Group { get; internal init; }

    /// <summary>For labels that came from the host: the least and the greatest, so that an operation can refuse what it has no class for.</summary>
    internal (int Least, int Greatest)? LabelRange { get; init; }

    internal TapeNode? Producer { get; set; }

    /// <summary>The activation that its producer ends with, where a gradient may come that has gone through it already; see <see cref="GradientSink.AddThrough"/>.</summary>
    internal (Activation Activation, double Slope)? Activated { get; set; }

    /// <summary>The bias that the gradient of this result is summed into, row by row, once it has gone back through <see cref="Activated"/>; null where there is none.</summary>
    internal Tensor? Summed { get; set; }

    internal ArenaBlock? Block => _block;

    /// <summary>Keeps the values beyond Backward and beyond the step, until <see cref="Dispose"/>.</summary>
    public Tensor Keep()
    {
        _block?.Keep();
        return this;
    }

    /// <summary>The same elements under another shape; free.</summary>
    /// <exception cref="EngineException">Another number of elements.</exception>
    public Tensor Reshape(params ReadOnlySpan<int> extents)
    {
        var shape = new Shape(extents);
        if (shape.Count != Shape.Count) throw new EngineException($"reshape: {Shape} has {Shape.Count} elements, {shape} has {shape.Count}.");
        var view = _block is null
            ? new Tensor(Context, shape, DType, _fixed, Op) { LabelRange = LabelRange }
            : new Tensor(Context, shape, DType, _block, Op) { LabelRange = LabelRange };
        Context.Trace?.Add(view, new Traced.Reshape(), this);
        if (RequiresGradient && Context.Recording) Context.Tape.RecordView(view, this);
        return view;
    }

    /// <summary>Inside a step: overwrites state (moving averages and the like) with a value computed in it; nothing is recorded, no gradient flows.</summary>
    /// <exception cref="EngineException">Another shape or type.</exception>
    public void Assign(Tensor value)
    {
        if (value.Shape != Shape || value.DType != DType) throw new EngineException($"assign: '{Op}' is {DType} {Shape}, '{value.Op}' is {value.DType} {value.Shape}.");
        Context.Label("assign");
        Kernels.Layout.Copy.Run(Context.Device, value.Range, Range);
    }

    /// <summary>Copies all elements to the host; T is the C# type of <see cref="DType"/>.</summary>
    public T[] ToArray<T>() where T : unmanaged
    {
        if (DTypes.Of<T>() != DType) throw new EngineException($"'{Op}' holds {DType}, not {typeof(T).Name}.");
        var values = new T[Count];
        Context.Device.Download(Range, values.AsSpan());
        return values;
    }

    /// <summary>All elements as double, whatever the real type.</summary>
    public double[] ToDoubles() => DType switch
    {
        DType.Float64 => ToArray<double>(),
        DType.Float32 => Array.ConvertAll(ToArray<float>(), value => (double)value),
        DType.BFloat16 => Widened(),
        _ => throw new EngineException($"'{Op}' holds {DType}, which is no real type."),
    };

    /// <summary>The only element of a scalar.</summary>
    public double Item() => Count == 1 ? ToDoubles()[0] : throw new EngineException($"Item() of {Shape}: the tensor has more than one element.");

    /// <summary>Releases a kept tensor's memory; others need no disposal.</summary>
    public void Dispose() => _block?.Dispose();

    private double[] Widened()
    {
        byte[] bytes = new byte[Count * DType.Size()];
        Context.Device.Download(Range, bytes.AsSpan());
        return [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(bits => (double)BFloat16.Value(bits))];
    }

    public override string ToString() => $"{Op} {DType} {Shape}";
}
