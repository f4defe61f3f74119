namespace GenEngine;

/// <summary>One operation of a trace.</summary>
/// <param name="Result">What it made.</param>
/// <param name="Kind">Which it is, with its constants.</param>
/// <param name="Inputs">What it was made of, in the order that <see cref="Traced"/> says.</param>
internal sealed record TracedOp(Tensor Result, Traced Kind, Tensor?[] Inputs);

/// <summary>
/// The operations of a forward pass, in order: what an exporter writes down in another language, so that no network is described twice. Every operation that inference is made of tells it by one line
/// beside the line that records it on the tape; others (losses, random draws, batch statistics, scans) do not, and whoever meets a result of theirs refuses it by its name.
/// </summary>
internal sealed class OpTrace
{
    private readonly List<TracedOp> _ops = [];

    private OpTrace() { }

    public IReadOnlyList<TracedOp> Ops => _ops;

    /// <summary>Follows what a function does in a context: nothing is recorded for a gradient.</summary>
    /// <exception cref="InvalidOperationException">The context is being traced already.</exception>
    public static OpTrace Of(Context context, Action forward)
    {
        if (context.Trace is not null) throw new InvalidOperationException("The context is being traced already; traces do not nest.");
        var trace = new OpTrace();
        using var none = context.NoGradient();
        context.Trace = trace;
        try
        {
            forward();
        }
        finally
        {
            context.Trace = null;
        }

        return trace;
    }

    public void Add(Tensor result, Traced kind, params ReadOnlySpan<Tensor?> inputs) => _ops.Add(new TracedOp(result, kind, inputs.ToArray()));
}
