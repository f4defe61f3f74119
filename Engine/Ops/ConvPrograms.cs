using GenEngine.Kernels.Convolution;

namespace GenEngine;

/// <summary>What tells one convolution from another: its plan is made once and kept with the context.</summary>
internal readonly record struct ConvKey(ConvSpec Spec, ConvImage Input, int Outputs, bool Transposed, int OutputPadY, int OutputPadX);

/// <summary>The plans of one convolution on a context's device: the map itself and its adjoint, each made when first used.</summary>
internal sealed class ConvPrograms(Context context, ConvKey key) : IDisposable
{
    private readonly ConvPlan _plan = key.Transposed
        ? ConvPlan.CreateTransposed(key.Spec, key.Input, key.Outputs, key.OutputPadY, key.OutputPadX)
        : ConvPlan.Create(key.Spec, key.Input, key.Outputs);

    private ConvProgram? _forward;
    private ConvProgram? _backward;

    public ConvPlan Plan => _plan;

    /// <summary>Input to output.</summary>
    public ConvProgram Forward => _forward ??= new ConvProgram(context.Device, _plan);

    /// <summary>Output gradient to input gradient.</summary>
    public ConvProgram Backward => _backward ??= new ConvProgram(context.Device, _plan.Adjoint());

    /// <summary>The one of the two that is a convolution: the filter's gradient follows it.</summary>
    public ConvProgram Convolution => key.Transposed ? Backward : Forward;

    public void Dispose()
    {
        _forward?.Dispose();
        _backward?.Dispose();
    }
}
