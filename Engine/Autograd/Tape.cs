using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Layout;

namespace GenEngine;

/// <summary>Writes gradients of a node's inputs, given those of its outputs.</summary>
internal delegate void BackwardFunction(TapeNode node, GradientSink sink);

/// <summary>One recorded operation.</summary>
internal sealed class TapeNode(string op, Tensor[] outputs, Tensor[] inputs, Tensor[] saved, BackwardFunction? backward)
{
    public string Op { get; } = op;

    public Tensor[] Outputs { get; } = outputs;

    public Tensor[] Inputs { get; } = inputs;

    /// <summary>Tensors whose values the backward function reads.</summary>
    public Tensor[] Saved { get; } = saved;

    public BackwardFunction? Backward { get; } = backward;

    /// <summary>True where the operation is its output's <see cref="Tensor.Activated"/> alone.</summary>
    public bool IsActivation { get; init; }

    /// <summary>True where the output is its input under another shape.</summary>
    public bool IsView { get; init; }

    internal GradientSink? Sink { get; set; }

    /// <summary>Gradient of an output; zeros when none arrived.</summary>
    public Tensor GradientOf(Tensor output) => Sink!.GradientOrZeros(output);
}

/// <summary>
/// The record of a step's operations, forward and backward side by side. First order only: gradients are not recorded themselves.
/// </summary>
public sealed class Tape
{
    /// <summary>Losses and other results up to this many bytes stay readable until the step ends.</summary>
    private const long SmallResult = 4096;

    private readonly Context _context;
    private readonly List<TapeNode> _nodes = [];
    private readonly Dictionary<Tensor, Tensor> _leafGradients = [];

    internal Tape(Context context) => _context = context;

    /// <summary>Operations recorded since the step began or the last Backward.</summary>
    public int Length => _nodes.Count;

    /// <summary>
    /// Computes d loss / d parameter for the parameters of these groups, and of tensors made with
    /// <see cref="RequireGradient"/>. Other parameters are constants: gradients pass through their networks and no weight gradient of
    /// theirs is computed. A parameter of these groups that the loss does not reach gets zeros, so a group's gradient arena is always whole.
    /// Activations are released as soon as their last backward reader has run.
    /// </summary>
    /// <param name="loss">A scalar.</param>
    /// <param name="groups">Whose gradients to compute.</param>
    /// <param name="accumulate">Add to the gradients that are there instead of replacing them.</param>
    /// <param name="retain">Keep the tape and the activations for another loss over the same operations.</param>
    /// <exception cref="EngineException">The loss is no scalar, or an operation without a backward is reached.</exception>
    public void Backward(Tensor loss, IReadOnlyList<ParameterGroup> groups, bool accumulate = false, bool retain = false)
    {
        if (loss.Count != 1) throw new EngineException($"Backward needs a scalar loss; '{loss.Op}' has shape {loss.Shape}. Take its mean or sum first.");
        Run(loss, null, groups, accumulate, retain);
    }

    /// <summary>As the other, from the gradient of any result: the product of the Jacobian's transpose with it.</summary>
    /// <param name="result">Where to begin.</param>
    /// <param name="gradient">d loss / d result, of the same shape; read, never written.</param>
    public void BackwardFrom(Tensor result, Tensor gradient, IReadOnlyList<ParameterGroup> groups, bool accumulate = false, bool retain = false)
    {
        Shapes.Same(result, gradient, "backward");
        Run(result, gradient, groups, accumulate, retain);
    }

    private void Run(Tensor loss, Tensor? gradient, IReadOnlyList<ParameterGroup> groups, bool accumulate, bool retain)
    {
        if (loss.Producer is null) throw new EngineException($"Backward: '{loss.Op}' was not made by a recorded operation on anything that requires a gradient.");
        var sink = new GradientSink(_context, groups, accumulate, retain);
        var needed = Needed(loss, sink);
        if (!retain) ReleaseUnread(needed);

        IsGoingBack = true;
        try
        {
            GoBack(loss, gradient, sink, needed, retain);
        }
        finally
        {
            IsGoingBack = false;
        }

        if (!retain) _nodes.Clear();
    }

    private void GoBack(Tensor loss, Tensor? gradient, GradientSink sink, HashSet<TapeNode> needed, bool retain)
    {
        _context.Device.Enter("loss", backward: true);
        if (gradient is null) sink.SeedOne(loss, One());
        else sink.Seed(loss, gradient);
        for (int i = _nodes.Count - 1; i >= 0; i--)
        {
            var node = _nodes[i];
            if (needed.Contains(node) && Array.Exists(node.Outputs, sink.Has)) Run(node, sink);
            foreach (var output in node.Outputs) sink.Release(output);
            if (retain || !needed.Contains(node)) continue;
            foreach (var tensor in node.Saved)
            {
                if (tensor.Block is { Size: > SmallResult } block && --block.Readers == 0 && !sink.Holds(block)) block.Release();
            }
        }

        _context.Device.Enter("unreached gradients", backward: true);
        sink.FillUntouched();
    }

    /// <summary>True while Backward runs.</summary>
    internal bool IsGoingBack { get; private set; }

    /// <summary>Makes Backward compute a gradient for a tensor that is no parameter; read it with <see cref="GradientOf"/>.</summary>
    public void RequireGradient(Tensor tensor) => tensor.RequiresGradient = true;

    /// <summary>Gradient of a tensor marked by <see cref="RequireGradient"/>, after Backward, within the step.</summary>
    public Tensor GradientOf(Tensor tensor) =>
        _leafGradients.TryGetValue(tensor, out var gradient)
            ? gradient
            : throw new EngineException($"'{tensor.Op}' has no gradient: the loss does not depend on it, or Backward has not run in this step.");

    internal void RecordView(Tensor view, Tensor of) =>
        Add(new TapeNode("reshape", [view], [of], [], (node, sink) => sink.Pass(of, node.GradientOf(view))) { IsView = true });

    /// <param name="backward">Null refuses to be differentiated.</param>
    /// <param name="activation">What the operation ends with.</param>
    /// <param name="alone">It is that activation of its one input and no more.</param>
    internal void Record(
        string op, Tensor[] outputs, Tensor[] inputs, Tensor[] saved, BackwardFunction? backward, Activation activation = Activation.None, double slope = 0, bool alone = false)
    {
        if (!_context.Recording || !Array.Exists(inputs, input => input.RequiresGradient)) return;
        var node = new TapeNode(op, outputs, inputs, saved, backward) { IsActivation = alone };
        if (ActivationGradient.Serves(activation)) outputs[0].Activated = (activation, slope);
        Add(node);
    }

    internal void SetLeafGradient(Tensor tensor, Tensor gradient) => _leafGradients[tensor] = gradient;

    /// <summary>Ends the step: forgets operations and leaf gradients.</summary>
    internal void Reset()
    {
        _nodes.Clear();
        _leafGradients.Clear();
    }

    private void Add(TapeNode node)
    {
        foreach (var output in node.Outputs)
        {
            output.RequiresGradient = true;
            output.Producer = node;
        }

        _nodes.Add(node);
    }

    private Tensor One()
    {
        var one = _context.NewTensor(new Shape(1), "gradient of the loss");
        Fill.Run(_context.Device, _context.Real, one.Range, 1, 1);
        return one;
    }

    private void Run(TapeNode node, GradientSink sink)
    {
        if (node.Backward is null)
            throw new EngineException($"A gradient reaches '{node.Op}', which has no backward. Compute it under NoGradient(), or do not train through it.");
        _context.Device.Enter(node.Op, backward: true);
        node.Sink = sink;
        node.Backward(node, sink);
        node.Sink = null;
    }

    /// <summary>Nodes between the loss and something that wants a gradient.</summary>
    private HashSet<TapeNode> Needed(Tensor loss, GradientSink sink)
    {
        var fromLoss = new HashSet<TapeNode> { loss.Producer! };
        var needed = new HashSet<TapeNode>();
        foreach (var node in _nodes)
        {
            if (Array.Exists(node.Inputs, input => sink.IsWantedLeaf(input) || (input.Producer is { } p && needed.Contains(p)))) needed.Add(node);
        }

        for (int i = _nodes.Count - 1; i >= 0; i--)
        {
            if (!fromLoss.Contains(_nodes[i])) continue;
            foreach (var input in _nodes[i].Inputs)
            {
                if (input.Producer is { } producer) fromLoss.Add(producer);
            }
        }

        needed.IntersectWith(fromLoss);
        foreach (var node in needed) sink.Reach(node);
        return needed;
    }

    private void ReleaseUnread(HashSet<TapeNode> needed)
    {
        foreach (var node in _nodes)
        {
            foreach (var tensor in node.Outputs.Concat(node.Saved))
            {
                if (tensor.Block is { } block) block.Readers = 0;
            }
        }

        foreach (var node in _nodes.Where(needed.Contains))
        {
            foreach (var tensor in node.Saved)
            {
                if (tensor.Block is { } block) block.Readers++;
            }
        }

        foreach (var node in _nodes)
        {
            foreach (var output in node.Outputs)
            {
                if (output.Block is { Readers: 0, Size: > SmallResult } block) block.Release();
            }
        }
    }
}
