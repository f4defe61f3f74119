using GenEngine.Kernels.Common;

namespace GenEngine.Checks.Cases;

internal sealed class ElementwiseCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Unary(nameof(Ops.Neg), x => x.Neg(), x => -x, 0);
            yield return Unary(nameof(Ops.Exp), x => x.Exp(), Math.Exp);
            yield return Unary(nameof(Ops.Log), x => x.Log(), Math.Log, kind: InputKind.Positive);
            yield return Unary(nameof(Ops.Square), x => x.Square(), x => x * x, 1);
            yield return Unary(nameof(Ops.Sqrt), x => x.Sqrt(), Math.Sqrt, 1, InputKind.Positive);
            yield return Unary(nameof(Ops.Abs), x => x.Abs(), Math.Abs, 0);
            yield return Unary(nameof(Ops.Clamp), x => x.Clamp(-1, 1), x => Math.Clamp(x, -1, 1), 0);
            yield return Unary(nameof(Ops.Relu), x => x.Relu(), x => Math.Max(x, 0), 0);
            yield return Unary(nameof(Ops.LeakyRelu), x => x.LeakyRelu(0.25), x => x > 0 ? x : 0.25 * x, 1);
            yield return Unary(nameof(Ops.Elu), x => x.Elu(0.5), x => x > 0 ? x : 0.5 * (Math.Exp(x) - 1));
            yield return Unary(nameof(Ops.Tanh), x => x.Tanh(), Math.Tanh);
            yield return Unary(nameof(Ops.Sigmoid), x => x.Sigmoid(), References.Sigmoid);
            yield return Unary(nameof(Ops.Softplus), x => x.Softplus(), References.Softplus);
            yield return Unary(nameof(Ops.Activate), x => x.Activate(Activation.Elu, 0.5), x => x > 0 ? x : 0.5 * (Math.Exp(x) - 1));
            yield return Unary(nameof(Ops.Affine), x => x.Affine(0.5, 2), x => (0.5 * x) + 2, 1);
            foreach (var shape in (Shape[])[new(3, 7)])
            {
                foreach (var (label, b) in ((string, Shape)[])[("same", shape), ("channel", new Shape(7)), ("row", new Shape(3, 1)), ("scalar", new Shape(1))])
                {
                    yield return Binary(nameof(Ops.Add), label, shape, b, (x, y) => x.Add(y), (x, y) => x + y);
                    yield return Binary(nameof(Ops.Sub), label, shape, b, (x, y) => x.Sub(y), (x, y) => x - y);
                    yield return Binary(nameof(Ops.Mul), label, shape, b, (x, y) => x.Mul(y), (x, y) => x * y);
                    yield return Binary(nameof(Ops.Div), label, shape, b, (x, y) => x.Div(y), (x, y) => x / y, InputKind.Positive);
                }
            }

            yield return new OpCase
            {
                Op = nameof(Ops.MultiplyAdd),
                Variant = "5x13",
                Inputs = [new(new Shape(5, 13)), new(new Shape(5, 13)), new(new Shape(5, 13))],
                Build = x => x[0].MultiplyAdd(x[1], x[2]),
                Ulps = 1,
                Reference = x => [.. x[0].Select((a, i) => (a * x[1][i]) + x[2][i])],
            };
            yield return new OpCase
            {
                Op = nameof(Ops.Mul),
                Variant = "one tensor read twice",
                Inputs = [new(new Shape(4, 5))],
                Build = x => x[0].Mul(x[0]).Add(x[0].Tanh()),
                Reference = x => References.Map(x[0], v => (v * v) + Math.Tanh(v)),
            };
        }
    }

    private static OpCase Unary(string op, Func<Tensor, Tensor> build, Func<double, double> f, double ulps = 4, InputKind kind = InputKind.Real) => new()
    {
        Op = op,
        Variant = "3x23",
        Inputs = [new(new Shape(3, 23), kind)],
        Build = x => build(x[0]),
        Ulps = ulps,
        Reference = x => References.Map(x[0], f),
    };

    private static OpCase Binary(
        string op, string label, Shape a, Shape b, Func<Tensor, Tensor, Tensor> build, Func<double, double, double> f, InputKind kind = InputKind.Real) => new()
        {
            Op = op,
            Variant = label,
            Inputs = [new(a), new(b, kind)],
            Build = x => build(x[0], x[1]),
            Ulps = 1,
            Reference = x => [.. x[0].Select((value, i) => f(value, x[1][Index(b, a, i)]))],
        };

    private static int Index(Shape b, Shape a, int i) =>
        b.Count == a.Count ? i : b.Count == 1 ? 0 : b.Count == a.Columns ? i % a.Columns : i / a.Columns;
}
