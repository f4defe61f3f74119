using GenEngine.Kernels.Sampling;

namespace GenEngine;

/// <summary>
/// Random draws in this scope come from a stream of their own, the same each time; behind it the context's goes on as if nothing had been drawn. So a run can be looked at
/// between its steps and keep its bits.
/// </summary>
public sealed class AsideRandom : IDisposable
{
    private readonly Context _context;
    private readonly RandomState _before;

    /// <param name="context">Between steps.</param>
    /// <param name="seed">Of the stream.</param>
    public AsideRandom(Context context, ulong seed)
    {
        _context = context;
        _before = context.SaveRandom();
        context.RestoreRandom(new RandomState(seed, 0));
    }

    public void Dispose() => _context.RestoreRandom(_before);
}
