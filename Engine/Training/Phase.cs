namespace GenEngine;

/// <summary>
/// A part of a model's step: one loss and the networks that it may change. <see cref="Backward"/> computes gradients of these networks
/// only, and only they see <see cref="Update"/>, so ownership holds by construction; running statistics follow it.
/// </summary>
public sealed class Phase
{
    private readonly Tape _tape;

    /// <param name="name">What it trains, for reports.</param>
    /// <param name="loss">The whole loss of the phase from a batch alone, a scalar: for gradient checks. The step may share work between phases.</param>
    /// <param name="optimizers">One for each network that the phase may change.</param>
    public Phase(string name, Func<Batch, Tensor> loss, params IReadOnlyList<Optimizer> optimizers)
    {
        Name = name;
        Loss = loss;
        Optimizers = optimizers;
        Groups = [.. optimizers.Select(optimizer => optimizer.Group)];
        _tape = Groups[0].Context.Tape;
    }

    /// <summary>What it trains, for reports.</summary>
    public string Name { get; }

    /// <summary>The networks that the phase may change.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>One for each of them.</summary>
    public IReadOnlyList<Optimizer> Optimizers { get; }

    /// <summary>The whole loss of a batch, a scalar, computed anew; what a model's own step shares between phases is not used.</summary>
    public Func<Batch, Tensor> Loss { get; }

    /// <summary>Called in an eager step whenever the phase has changed something: running statistics by Backward, weights by Update. Null when nobody watches.</summary>
    public Action? Changed { get; set; }

    /// <summary>Gradients of the phase's networks, see <see cref="Tape.Backward"/>.</summary>
    public void Backward(Tensor loss, bool accumulate = false, bool retain = false)
    {
        _tape.Backward(loss, Groups, accumulate, retain);
        Changed?.Invoke();
    }

    /// <summary>Applies the gradients.</summary>
    public void Update()
    {
        foreach (var optimizer in Optimizers) optimizer.Step();
        Changed?.Invoke();
    }
}
