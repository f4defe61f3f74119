using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Reduction;

namespace GenEngine;

/// <summary>How a product writes its contribution to an input's gradient.</summary>
/// <param name="range">The gradient.</param>
/// <param name="accumulate">Add to what is there.</param>
/// <param name="through">The activation that the input came from, where the contribution goes on through it; then it is not accumulated.</param>
/// <param name="onto">What is added to it behind that; or null.</param>
/// <param name="sums">Room for the gradient's sums over chunks of 64 rows, where they will be asked for; or null.</param>
/// <returns>Whether these sums are there.</returns>
internal delegate bool ProductGradient(BufferRange range, bool accumulate, ActivationGradient? through, BufferRange? onto, BufferRange? sums);

/// <summary>
/// Gradients on their way during one Backward. The first contribution to a tensor is written, later ones are added; a gradient's
/// memory is free again as soon as its operation's backward has consumed it.
/// </summary>
internal sealed class GradientSink
{
    private readonly Context _context;
    private readonly HashSet<ParameterGroup> _groups;
    private readonly bool _accumulate;
    private readonly bool _retain;
    private readonly Dictionary<Tensor, Tensor> _gradients = [];
    private readonly Dictionary<ArenaBlock, int> _owners = [];
    private readonly HashSet<Tensor> _touched = [];
    private readonly HashSet<Tensor> _wanted = [];
    private readonly Dictionary<Tensor, int> _readers = [];
    private readonly Dictionary<Tensor, int> _contributions = [];
    private readonly Dictionary<Tensor, ArenaBlock> _sums = [];
    private readonly HashSet<Tensor> _through = [];
    private ArenaBlock? _seed;

    public GradientSink(Context context, IReadOnlyList<ParameterGroup> groups, bool accumulate, bool retain)
    {
        _context = context;
        _groups = [.. groups];
        _accumulate = accumulate;
        _retain = retain;
    }

    /// <summary>Notes a node that gradients flow through.</summary>
    public void Reach(TapeNode node)
    {
        foreach (var output in node.Outputs) _wanted.Add(output);
        foreach (var input in node.Inputs) _readers[input] = _readers.GetValueOrDefault(input) + 1;
    }

    /// <summary>A parameter of the chosen groups, or a leaf marked by RequireGradient.</summary>
    public bool IsWantedLeaf(Tensor tensor) =>
        tensor.Producer is null && tensor.RequiresGradient && (tensor.Group is null || _groups.Contains(tensor.Group));

    /// <summary>Whether a backward function has to compute this input's gradient at all.</summary>
    public bool Wants(Tensor input) => input.Producer is null ? IsWantedLeaf(input) : _wanted.Contains(input);

    /// <summary>Whether this Backward computes the group's gradients: then it owns the network, and may move its running statistics.</summary>
    public bool Trains(ParameterGroup group) => _groups.Contains(group);

    public bool Has(Tensor tensor) => _gradients.ContainsKey(tensor);

    /// <summary>Begins with the gradient 1 of a scalar.</summary>
    public void SeedOne(Tensor loss, Tensor one)
    {
        Own(loss, one);
        _seed = one.Block;
    }

    /// <summary>Begins with a gradient that the caller keeps: it is never written and never released.</summary>
    public void Seed(Tensor result, Tensor gradient)
    {
        if (gradient.Block is { } block) _owners[block] = 1;
        Own(result, gradient);
    }

    /// <summary>True where an output's gradient is the 1 that Backward began with: the output is the loss itself, or a summand of it.</summary>
    public bool IsSeed(Tensor output) => _seed is not null && _gradients.TryGetValue(output, out var gradient) && gradient.Block == _seed;

    /// <summary>
    /// Whether a tensor that an operation has saved can become the gradient of its input as it is: nobody will ask for it again, and
    /// there is nothing to add it to.
    /// </summary>
    public bool CanTake(Tensor input) => !_retain && input.Group is null && !_gradients.ContainsKey(input);

    /// <summary>Makes it so. The memory is the sink's from here on; see <see cref="Holds"/>.</summary>
    public void Take(Tensor input, Tensor saved) => Own(input, saved);

    /// <summary>True while a block holds a gradient.</summary>
    public bool Holds(ArenaBlock block) => _owners.ContainsKey(block);

    public Tensor GradientOrZeros(Tensor tensor)
    {
        if (_gradients.TryGetValue(tensor, out var gradient)) return gradient;
        var zeros = NewGradient(tensor, $"zero gradient of {tensor.Op}");
        Fill.Run(_context.Device, zeros.DType, zeros.Range, zeros.Count, 0);
        Own(tensor, zeros);
        return zeros;
    }

    /// <summary>
    /// Lets a kernel put its contribution to an input's gradient straight where it belongs:
    /// write(range, false) the first time, write(range, true) to add.
    /// </summary>
    public void Add(Tensor input, Action<BufferRange, bool> write)
    {
        if (!Wants(input)) return;
        if (input.Group is { } group)
        {
            write(group.GradientRange(input), !_touched.Add(input) || _accumulate);
            return;
        }

        AddTo(input, (gradient, accumulate) =>
        {
            write(gradient.Range, accumulate);
            Count(input);
        });
    }

    private void AddTo(Tensor input, Action<Tensor, bool> write)
    {
        if (!_gradients.TryGetValue(input, out var gradient))
        {
            gradient = NewGradient(input);
            write(gradient, false);
            Own(input, gradient);
            return;
        }

        if (IsShared(gradient)) gradient = Unshare(input, gradient);
        Overwrite(gradient);
        write(gradient, true);
    }

    /// <summary>As <see cref="Add"/> for kernels that cannot accumulate.</summary>
    public void AddWritten(Tensor input, Action<BufferRange> write)
    {
        Add(input, (range, accumulate) =>
        {
            if (!accumulate)
            {
                write(range);
                return;
            }

            var scratch = _context.NewScratch(range.Bytes, $"gradient of {input.Op}");
            write(scratch.Range);
            Accumulate.Run(_context.Device, input.DType, scratch.Range, range, input.Count);
            scratch.Release();
        });
    }

    /// <summary>
    /// As <see cref="Add"/> for products that can pass their contribution on through the activation that made the input, adding a residual: then the activation has no
    /// pass of its own, forward's output is read where it is, and the bits are those of the two passes.
    /// </summary>
    /// <param name="adds">Whether it can add a residual.</param>
    public void AddThrough(Tensor input, bool adds, ProductGradient write)
    {
        if (!Wants(input)) return;

        // under another shape it is the same gradient
        var viewed = input;
        while (viewed.Producer is { IsView: true } view && _readers[viewed] == 1 && !_gradients.ContainsKey(viewed)) viewed = view.Inputs[0];
        if (viewed.Activated is not null) input = viewed;

        // several contributions are summed before they go through an activation
        if (input.Activated is not { } activated || input.Producer is not { } producer || _readers[input] > 1 || _gradients.ContainsKey(input))
        {
            Plain();
            return;
        }

        var passed = new ActivationGradient(activated.Activation, activated.Slope, input.Range);
        if (!producer.IsActivation)
        {
            var own = NewGradient(input);
            _through.Add(input);
            Write(input, own, false, passed, null);
            Own(input, own);
            return;
        }

        // the producer is the activation and no more: the gradient is that of its input, and the producer's turn will find none to pass
        var before = producer.Inputs[0];
        bool summed = _gradients.TryGetValue(before, out var known);
        if (before.Group is not null || (summed && !adds))
        {
            Plain();
            return;
        }

        var sum = NewGradient(before);
        Write(before, sum, false, passed, known?.Range);
        Release(before);
        Own(before, sum);

        void Plain()
        {
            if (input.Group is null) AddTo(input, (gradient, accumulate) => Write(input, gradient, accumulate, null, null));
            else Add(input, (range, accumulate) => write(range, accumulate, null, null, null));
        }

        void Write(Tensor of, Tensor gradient, bool accumulate, ActivationGradient? activation, BufferRange? onto) =>
            WriteSummed(of, gradient, sums => write(gradient.Range, accumulate, activation, onto, sums));
    }

    /// <summary>As <see cref="Add"/> for kernels that can leave the gradient's sums over chunks of 64 rows.</summary>
    /// <param name="write">write(range, accumulate, room for the sums or null): whether it left them.</param>
    public void AddSummed(Tensor input, Func<BufferRange, bool, BufferRange?, bool> write)
    {
        if (!Wants(input)) return;
        if (input.Group is null) AddTo(input, (gradient, accumulate) => WriteSummed(input, gradient, sums => write(gradient.Range, accumulate, sums)));
        else Add(input, (range, accumulate) => write(range, accumulate, null));
    }

    /// <summary>Sums of a gradient over chunks of 64 rows, where whoever wrote it last has left them; see <see cref="Kernels.Reduction.Reduce.Join"/>.</summary>
    public BufferRange? SumsOf(Tensor gradient) => _sums.TryGetValue(gradient, out var sums) ? sums.Range : null;

    /// <summary>
    /// For element-wise operations of one input: write(dy, dx, accumulate), where dx is dy's own memory when nobody else reads dy.
    /// </summary>
    public void Transform(Tensor output, Tensor input, Action<BufferRange, BufferRange, bool> write)
    {
        if (!Wants(input)) return;
        var dy = GradientOrZeros(output);
        bool inPlace = input.Group is null && !_gradients.ContainsKey(input) && !IsShared(dy);
        if (!inPlace)
        {
            Add(input, (range, accumulate) => write(dy.Range, range, accumulate));
            return;
        }

        Overwrite(dy);
        write(dy.Range, dy.Range, false);
        Count(input);
        Own(input, dy);
    }

    /// <summary>
    /// The gradient before an activation, from the one behind it and the activation's output; in place where nobody else reads it.
    /// </summary>
    public Tensor ThroughActivation(Tensor output, Tensor dy, Activation activation, double slope)
    {
        var op = activation switch
        {
            Activation.Relu => UnaryOp.Relu,
            Activation.LeakyRelu => UnaryOp.LeakyRelu,
            Activation.Elu => UnaryOp.Elu,
            Activation.Tanh => UnaryOp.Tanh,
            Activation.Sigmoid => UnaryOp.Sigmoid,
            Activation.Softplus => UnaryOp.Softplus,
            _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, null),
        };
        if (_through.Contains(output)) return dy;
        var dz = dy;
        if (IsShared(dy))
        {
            dz = NewGradient(output);
            Release(output);
            Own(output, dz);
        }

        Overwrite(dz);
        Unary.Backward(_context.Device, output.DType, op, output.Range, dy.Range, dz.Range, output.Count, slope);
        return dz;
    }

    /// <summary>The input's gradient is the output's, element for element: shared, not copied, where that is possible.</summary>
    public void Pass(Tensor input, Tensor gradient)
    {
        if (!Wants(input)) return;
        if (input.Group is null && !_gradients.ContainsKey(input))
        {
            Count(input);
            Own(input, gradient);
            return;
        }

        Add(input, (range, accumulate) =>
        {
            if (accumulate) Accumulate.Run(_context.Device, input.DType, gradient.Range, range, input.Count);
            else Copy.Run(_context.Device, gradient.Range, range);
        });
    }

    /// <summary>Frees an output's gradient once its node is done.</summary>
    public void Release(Tensor tensor)
    {
        if (_gradients.Remove(tensor, out var gradient)) Disown(gradient);
    }

    /// <summary>Zeros for parameters of the chosen groups that no gradient reached; leaf gradients go to the tape.</summary>
    public void FillUntouched()
    {
        foreach (var (leaf, gradient) in _gradients)
        {
            if (leaf.Group is null && IsWantedLeaf(leaf)) _context.Tape.SetLeafGradient(leaf, gradient);
        }

        if (_accumulate) return;
        foreach (var group in _groups)
        {
            foreach (var parameter in group.Parameters.Where(parameter => !_touched.Contains(parameter)))
                Fill.Run(_context.Device, _context.Real, group.GradientRange(parameter), parameter.Count, 0);
        }
    }

    /// <summary>A gradient changes in place: the first one is a 1 no longer.</summary>
    private void Overwrite(Tensor gradient)
    {
        if (gradient.Block == _seed) _seed = null;
        ForgetSums(gradient);
    }

    private void Count(Tensor input) => _contributions[input] = _contributions.GetValueOrDefault(input) + 1;

    // a convolution's bias gets the sum of what is behind it: the gradient of its result, or that before its rectifier, once all have added to it
    private bool WantsSums(Tensor of) =>
        of is { DType: DType.BFloat16, Summed: { } bias } && Wants(bias) && Reduce.Chunks(of.Shape.Rows) > 1 && _contributions.GetValueOrDefault(of) + 1 == _readers.GetValueOrDefault(of)
        && (of.Activated is null || _through.Contains(of));

    // with the sums that a bias before it will ask for, where this is the last contribution
    private void WriteSummed(Tensor of, Tensor gradient, Func<BufferRange?, bool> write)
    {
        var sums = WantsSums(of) ? _context.NewScratch(Reduce.Chunks(of.Shape.Rows) * of.Shape.Columns * sizeof(float), "sums") : null;
        bool left = write(sums?.Range);
        Count(of);
        if (sums is null) return;
        if (left) _sums[gradient] = sums;
        else sums.Release();
    }

    private void ForgetSums(Tensor gradient)
    {
        if (_sums.Remove(gradient, out var sums)) sums.Release();
    }

    // stored as what it is the gradient of
    private Tensor NewGradient(Tensor of, string? name = null) => _context.NewTensor(of.Shape, name ?? $"gradient of {of.Op}", of.DType);

    private Tensor Unshare(Tensor input, Tensor shared)
    {
        var own = NewGradient(input);
        Copy.Run(_context.Device, shared.Range, own.Range);
        Disown(shared);
        Own(input, own);
        return own;
    }

    private void Own(Tensor tensor, Tensor gradient)
    {
        _gradients[tensor] = gradient;
        if (gradient.Block is { } block) _owners[block] = _owners.GetValueOrDefault(block) + 1;
    }

    /// <summary>Somebody else reads it too: another tensor's gradient has the same memory, or the caller of Backward owns it.</summary>
    private bool IsShared(Tensor gradient) => gradient.Block is not { } block || _owners[block] > 1;

    private void Disown(Tensor gradient)
    {
        if (gradient.Block is not { } block || --_owners[block] > 0) return;
        _owners.Remove(block);
        ForgetSums(gradient);
        block.Release();
    }
}
