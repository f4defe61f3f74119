using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;
using UnaryKernel = GenEngine.Kernels.Elementwise.Unary;

namespace GenEngine;

/// <summary>
/// Operations on tensors, as extension methods. Each runs in the open step and is recorded for Backward where a gradient may flow to an input; shapes or types that do
/// not fit are an <see cref="Kernels.EngineException"/>. Images are N,H,W,C.
/// </summary>
public static partial class Ops
{
    /// <summary>-x.</summary>
    public static Tensor Neg(this Tensor x) => Unary(x, UnaryOp.Neg, "neg");

    /// <summary>e^x; overflows to infinity.</summary>
    public static Tensor Exp(this Tensor x) => Unary(x, UnaryOp.Exp, "exp");

    /// <summary>Natural logarithm.</summary>
    public static Tensor Log(this Tensor x) => Unary(x, UnaryOp.Log, "log");

    /// <summary>x*x.</summary>
    public static Tensor Square(this Tensor x) => Unary(x, UnaryOp.Square, "square");

    /// <summary>Square root: NaN below 0; its gradient at 0 is infinite.</summary>
    public static Tensor Sqrt(this Tensor x) => Unary(x, UnaryOp.Sqrt, "sqrt");

    /// <summary>|x|; the gradient at 0 is 0.</summary>
    public static Tensor Abs(this Tensor x) => Unary(x, UnaryOp.Abs, "abs");

    /// <summary>Clamps to [low, high]; no gradient outside.</summary>
    public static Tensor Clamp(this Tensor x, double low, double high) => Unary(x, UnaryOp.Clamp, "clamp", low, high);

    /// <summary>max(x, 0); the gradient at 0 is 0.</summary>
    public static Tensor Relu(this Tensor x) => Unary(x, UnaryOp.Relu, "relu", activation: Activation.Relu);

    /// <summary>x where positive, slope*x elsewhere.</summary>
    /// <exception cref="Kernels.EngineException">A negative slope.</exception>
    public static Tensor LeakyRelu(this Tensor x, double slope = 0.2)
    {
        Shapes.Slope(slope);
        return Unary(x, UnaryOp.LeakyRelu, "leaky relu", slope, activation: Activation.LeakyRelu);
    }

    /// <summary>x where positive, alpha*(exp(x)-1) elsewhere (Clevert et al. 2015).</summary>
    /// <exception cref="Kernels.EngineException">A negative alpha.</exception>
    public static Tensor Elu(this Tensor x, double alpha = 1)
    {
        Shapes.Slope(alpha);
        return Unary(x, UnaryOp.Elu, "elu", alpha);
    }

    /// <summary>Hyperbolic tangent, in [-1, 1].</summary>
    public static Tensor Tanh(this Tensor x) => Unary(x, UnaryOp.Tanh, "tanh");

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static Tensor Sigmoid(this Tensor x) => Unary(x, UnaryOp.Sigmoid, "sigmoid");

    /// <summary>log(1 + exp(x)).</summary>
    public static Tensor Softplus(this Tensor x) => Unary(x, UnaryOp.Softplus, "softplus");

    /// <summary>scale*x + shift, constants of the step.</summary>
    public static Tensor Affine(this Tensor x, double scale, double shift = 0) => Unary(x, UnaryOp.Affine, "affine", scale, shift);

    /// <summary>The activation as an operation of its own; fuse it where it follows a product or a convolution.</summary>
    /// <param name="slope">Of LeakyRelu and Elu.</param>
    public static Tensor Activate(this Tensor x, Activation activation, double slope = 0) => activation switch
    {
        Activation.Relu => x.Relu(),
        Activation.LeakyRelu => x.LeakyRelu(slope),
        Activation.Elu => x.Elu(slope),
        Activation.Tanh => x.Tanh(),
        Activation.Sigmoid => x.Sigmoid(),
        Activation.Softplus => x.Softplus(),
        _ => x,
    };

    /// <param name="activation">What it is, where gradients may have gone through it already when its turn comes.</param>
    private static Tensor Unary(Tensor x, UnaryOp op, string name, double p0 = 0, double p1 = 0, Activation activation = Activation.None)
    {
        Shapes.Image(x, name);
        if (!UnaryKernel.TakesBFloat16(op)) x = x.ToFloat32();
        var (context, dtype) = (x.Context, x.DType);
        var y = context.NewTensor(x.Shape, name, dtype);
        UnaryKernel.Run(context.Device, dtype, op, x.Range, y.Range, x.Count, p0, p1);
        return RecordUnary(x, y, op, p0, p1, activation);
    }

    // y has been computed
    private static Tensor RecordUnary(Tensor x, Tensor y, UnaryOp op, double p0, double p1, Activation activation)
    {
        var (context, dtype) = (x.Context, x.DType);
        context.Trace?.Add(y, new Traced.Unary(op, p0, p1), x);
        var saved = UnaryKernel.SavesOutput(op) ? y : x;
        context.Tape.Record(
            y.Op, [y], [x], [saved],
            (_, sink) => sink.Transform(y, x, (dy, dx, accumulate) => UnaryKernel.Backward(context.Device, dtype, op, saved.Range, dy, dx, x.Count, p0, p1, accumulate)),
            activation, p0, alone: true);
        return y;
    }
}
