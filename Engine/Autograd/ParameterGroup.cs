using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;

namespace GenEngine;

/// <summary>
/// The parameters of one network in one flat arena, their gradients in another. Optimisers, clipping and averages work on the arenas
/// and know no tensors; Backward takes groups and touches no other group's gradients.
/// </summary>
public sealed class ParameterGroup : IDisposable
{
    private const long Alignment = 256;
    private readonly List<Tensor> _parameters = [];
    private readonly List<(string Name, Shape Shape, Initializer Init)> _declared = [];
    private readonly Dictionary<Tensor, long> _offsets = [];
    private readonly Dictionary<string, Tensor> _byName = [];
    private readonly List<(string Name, Shape Shape, double Value)> _declaredState = [];
    private readonly List<Tensor> _state = [];
    private readonly Dictionary<string, ParameterLayout> _layouts = [];
    private DeviceBuffer? _weights;
    private DeviceBuffer? _gradients;
    private DeviceBuffer? _stateMemory;

    public ParameterGroup(Context context, string name)
    {
        Context = context;
        Name = name;
    }

    /// <summary>Where the arenas live.</summary>
    public Context Context { get; }

    /// <summary>Stands before the dot in the full names of its parameters, in weight files too; initial weights depend on it.</summary>
    public string Name { get; }

    /// <summary>False until <see cref="Build"/>: before it there are no tensors, after it nothing more can be declared.</summary>
    public bool IsBuilt => _weights is not null;

    /// <summary>Parameters in the order of declaration.</summary>
    public IReadOnlyList<Tensor> Parameters => IsBuilt ? _parameters : throw NotBuilt();

    /// <summary>All weights, including the padding between parameters, which stays zero.</summary>
    public BufferRange Weights => (_weights ?? throw NotBuilt()).All;

    /// <summary>All gradients, laid out as <see cref="Weights"/>.</summary>
    public BufferRange Gradients => (_gradients ?? throw NotBuilt()).All;

    /// <summary>Elements of the arena, padding included.</summary>
    public long ArenaCount => Weights.Bytes / Context.Real.Size();

    /// <summary>Elements of all parameters.</summary>
    public long ParameterCount => _declared.Sum(parameter => parameter.Shape.Count);

    /// <summary>A parameter by the name that it was declared under, without the group's; declared state is not found here.</summary>
    /// <exception cref="EngineException">No such parameter, or the group is not built yet.</exception>
    public Tensor this[string name] => _byName.TryGetValue(name, out var tensor)
        ? tensor
        : throw new EngineException($"Group '{Name}' has no parameter '{name}'; it has {string.Join(", ", _byName.Keys)}.");

    /// <summary>Announces a parameter; it exists after <see cref="Build"/>.</summary>
    /// <param name="layout">How it lies in PyTorch; null where it lies the same.</param>
    /// <returns>A function that gives the tensor once the group is built.</returns>
    public Func<Tensor> Declare(string name, Shape shape, Initializer init, ParameterLayout? layout = null)
    {
        if (IsBuilt) throw new InvalidOperationException($"Group '{Name}' is built; declare '{name}' before Build().");
        RefuseTwice(name);
        int index = _declared.Count;
        _declared.Add((name, shape, init));
        if (layout is not null) _layouts[name] = layout;
        return () => Parameters[index];
    }

    /// <summary>Announces state of the network that is saved with the weights but not trained, such as running statistics; it exists after <see cref="Build"/>.</summary>
    /// <param name="value">What every element starts as.</param>
    /// <param name="layout">How it lies in PyTorch; null where it lies the same.</param>
    /// <returns>A function that gives the tensor once the group is built; no gradient flows to it.</returns>
    public Func<Tensor> DeclareState(string name, Shape shape, double value, ParameterLayout? layout = null)
    {
        if (IsBuilt) throw new InvalidOperationException($"Group '{Name}' is built; declare '{name}' before Build().");
        RefuseTwice(name);
        int index = _declaredState.Count;
        _declaredState.Add((name, shape, value));
        if (layout is not null) _layouts[name] = layout;
        return () => IsBuilt ? _state[index] : throw NotBuilt();
    }

    /// <summary>Allocates the arenas and initialises the weights; the same seed gives the same weights on every device.</summary>
    public void Build()
    {
        if (IsBuilt) return;
        int size = Context.Real.Size();
        var offsets = new List<long>();
        long bytes = 0;
        foreach (var (_, shape, _) in _declared)
        {
            offsets.Add(bytes);
            bytes += Aligned(shape.Count * size);
        }

        bytes = Math.Max(bytes, Alignment);
        _weights = Context.Allocate(bytes, $"weights of {Name}");
        _gradients = Context.Allocate(bytes, $"gradients of {Name}");
        Fill.Run(Context.Device, Context.Real, _weights.All, bytes / size, 0);
        Fill.Run(Context.Device, Context.Real, _gradients.All, bytes / size, 0);
        for (int i = 0; i < _declared.Count; i++)
        {
            var (name, shape, init) = _declared[i];
            var range = _weights.Range(offsets[i], shape.Count * size);
            var tensor = new Tensor(Context, shape, Context.Real, range, $"{Name}.{name}") { Group = this, RequiresGradient = true };
            _parameters.Add(tensor);
            _byName[name] = tensor;
            _offsets[tensor] = offsets[i];
            Context.UploadReal(init.Values(shape, new InitializerKey(Context.Seed, Name, name)), range);
        }

        BuildState(size);
    }

    /// <summary>Where a parameter's gradient lies.</summary>
    public BufferRange GradientRange(Tensor parameter) => Part(Gradients, parameter);

    /// <summary>Where a parameter's part lies in an arena that is laid out as the weights are: gradients, moments, averages.</summary>
    public BufferRange Part(BufferRange arena, Tensor parameter) => arena.Slice(_offsets[parameter], parameter.Count * Context.Real.Size());

    /// <summary>A parameter's gradient as a tensor.</summary>
    public Tensor Gradient(Tensor parameter) =>
        new(Context, parameter.Shape, Context.Real, GradientRange(parameter), $"gradient of {parameter.Op}");

    /// <summary>Name and tensor of every parameter, names without the group's.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> Named() => _declared.Select((declared, i) => (declared.Name, Parameters[i]));

    /// <summary>Name and tensor of every declared state, names without the group's.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> NamedState() => _declaredState.Select((declared, i) => (declared.Name, IsBuilt ? _state[i] : throw NotBuilt()));

    /// <summary>All that is saved of the network: its parameters, then its state.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> NamedWithState() => Named().Concat(NamedState());

    /// <summary>How a parameter or state of <see cref="NamedWithState"/> lies in PyTorch.</summary>
    internal ParameterLayout LayoutOf(string name, Shape shape) => _layouts.GetValueOrDefault(name) ?? ParameterLayout.Plain(shape);

    /// <summary>Frees the arenas, where that must not wait for the context.</summary>
    public void Dispose()
    {
        _weights?.Dispose();
        _gradients?.Dispose();
        _stateMemory?.Dispose();
    }

    private void BuildState(int size)
    {
        if (_declaredState.Count == 0) return;
        _stateMemory = Context.Allocate(_declaredState.Sum(state => Aligned(state.Shape.Count * size)), $"state of {Name}");
        long offset = 0;
        foreach (var (name, shape, value) in _declaredState)
        {
            var range = _stateMemory.Range(offset, shape.Count * size);
            Fill.Run(Context.Device, Context.Real, range, shape.Count, value);
            _state.Add(new Tensor(Context, shape, Context.Real, range, $"{Name}.{name}"));
            offset += Aligned(range.Bytes);
        }
    }

    private void RefuseTwice(string name)
    {
        if (_declared.Exists(other => other.Name == name) || _declaredState.Exists(other => other.Name == name))
            throw new ArgumentException($"Group '{Name}' has two parameters named '{name}'.", nameof(name));
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private InvalidOperationException NotBuilt() => new($"Group '{Name}' is not built; call Build() after declaring its parameters.");
}
