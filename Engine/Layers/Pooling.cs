using GenEngine.Kernels.Pooling;

namespace GenEngine;

/// <summary>The maximum over windows: [N, H, W, C] -> [N, H', W', C]; see <see cref="Ops.MaxPool2d(Tensor, PoolWindow)"/>.</summary>
public sealed class MaxPool2d(PoolWindow window) : Layer
{
    /// <param name="size">Extent of the square window.</param>
    /// <param name="stride">Default: the size.</param>
    /// <param name="padding">On each side, at most half the size.</param>
    public MaxPool2d(int size, int? stride = null, int padding = 0) : this(PoolWindow.Square(size, stride, padding)) { }

    public override Tensor Forward(Tensor x) => x.MaxPool2d(window);
}

/// <summary>The mean over windows, padding counted as zeros: [N, H, W, C] -> [N, H', W', C]; see <see cref="Ops.AvgPool2d(Tensor, PoolWindow)"/>.</summary>
public sealed class AvgPool2d(PoolWindow window) : Layer
{
    /// <inheritdoc cref="MaxPool2d(int, int?, int)"/>
    public AvgPool2d(int size, int? stride = null, int padding = 0) : this(PoolWindow.Square(size, stride, padding)) { }

    public override Tensor Forward(Tensor x) => x.AvgPool2d(window);
}

/// <summary>The mean over all positions: [N, H, W, C] -> [N, C].</summary>
public sealed class GlobalAvgPool : Layer
{
    private GlobalAvgPool() { }

    /// <summary>The only one: the layer has no parameters.</summary>
    public static GlobalAvgPool Instance { get; } = new();

    public override Tensor Forward(Tensor x) => x.GlobalAvgPool();
}
