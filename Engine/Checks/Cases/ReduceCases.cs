using GenEngine.Kernels.Reduction;

namespace GenEngine.Checks.Cases;

internal sealed class ReduceCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var axis in Enum.GetValues<ReduceAxis>())
            {
                foreach (var (rows, columns) in ((int, int)[])[(3, 5), (130, 33), (7, 4100)])
                {
                    yield return Case(nameof(Ops.Sum), axis, rows, columns, x => x.Sum(axis), values => values.Sum());
                    yield return Case(nameof(Ops.Mean), axis, rows, columns, x => x.Mean(axis), values => values.Average());
                    yield return Case(nameof(Ops.Max), axis, rows, columns, x => x.Max(axis), values => values.Max());
                }
            }
        }
    }

    private static OpCase Case(string op, ReduceAxis axis, int rows, int columns, Func<Tensor, Tensor> build, Func<IEnumerable<double>, double> f) => new()
    {
        Op = op,
        Variant = $"{axis} {rows}x{columns}",
        Inputs = [new(new Shape(rows, columns))],
        Build = x => build(x[0]),
        Ulps = op == nameof(Ops.Max) ? 0 : 64,
        Reference = x => axis switch
        {
            ReduceAxis.Rows => [.. Enumerable.Range(0, columns).Select(c => f(Enumerable.Range(0, rows).Select(r => x[0][(r * columns) + c])))],
            ReduceAxis.Columns => [.. Enumerable.Range(0, rows).Select(r => f(Enumerable.Range(0, columns).Select(c => x[0][(r * columns) + c])))],
            _ => [f(x[0])],
        },
    };
}
