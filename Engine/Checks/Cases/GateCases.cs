using GenEngine.Kernels.Gate;

namespace GenEngine.Checks.Cases;

internal sealed class GateCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var kind in Enum.GetValues<GateKind>())
            {
                Shape[] shapes = [new Shape(2), new Shape(3, 10), new Shape(2, 5, 34), new Shape(1, 3, 3, 130), new Shape(2, 9, 8, 128)];
                foreach (var shape in shapes)
                {
                    yield return Halves(kind, shape, false);
                    yield return Halves(kind, shape, true);
                }

                foreach (var shape in (Shape[])[new Shape(1), new Shape(65), new Shape(2, 3, 5, 3)])
                {
                    string op = kind == GateKind.Tanh ? nameof(Ops.TanhGate) : nameof(Ops.LinearGate);
                    yield return new OpCase
                    {
                        Op = op,
                        Variant = $"{shape}",
                        Inputs = [new(shape), new(shape)],
                        Build = x => Pair(kind, x[0], x[1]),
                        Ulps = 8,
                        Reference = x => [.. x[0].Zip(x[1], (a, b) => Value(kind, a, b))],
                    };
                    yield return new OpCase
                    {
                        Op = op,
                        Variant = $"{shape} of a tensor with itself",
                        Inputs = [new(shape)],
                        Build = x => Pair(kind, x[0], x[0]),
                        Ulps = 8,
                        Reference = x => References.Map(x[0], a => Value(kind, a, a)),
                    };
                }
            }
        }
    }

    private static OpCase Halves(GateKind kind, Shape shape, bool conditional)
    {
        int images = shape.Rank == 1 ? 1 : shape[0], wide = shape.Columns, columns = wide / 2, positions = shape.Rows / images;
        return new OpCase
        {
            Op = nameof(Ops.Gate),
            Variant = $"{kind} {shape}{(conditional ? " with a condition" : "")}",
            Inputs = conditional ? [new(shape), new(new Shape(images, wide))] : [new(shape)],
            Build = x => x[0].Gate(kind, conditional ? x[1] : null),
            Ulps = 8,
            Reference = x =>
            [
                .. from row in Enumerable.Range(0, shape.Rows)
                   from c in Enumerable.Range(0, columns)
                   let image = row / positions * wide
                   select Value(
                       kind,
                       x[0][(row * wide) + c] + (conditional ? x[1][image + c] : 0),
                       x[0][(row * wide) + columns + c] + (conditional ? x[1][image + columns + c] : 0)),
            ],
        };
    }

    private static Tensor Pair(GateKind kind, Tensor a, Tensor b) => kind == GateKind.Tanh ? a.TanhGate(b) : a.LinearGate(b);

    private static double Value(GateKind kind, double a, double b) => (kind == GateKind.Tanh ? Math.Tanh(a) : a) * References.Sigmoid(b);
}
