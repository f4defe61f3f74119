using GenEngine.Kernels.Common;
using GenEngine.Kernels.MatMul;

namespace GenEngine.Checks.Cases;

internal sealed class MatMulCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var op in Enum.GetValues<MatMulOp>())
            {
                foreach (var (batch, m, n, k) in ((int, int, int, int)[])[(1, 5, 7, 3), (3, 17, 13, 9), (1, 64, 48, 33)])
                    yield return Product(op, batch, m, n, k);
            }

            foreach (var activation in Enum.GetValues<Activation>()) yield return LinearCase(6, 9, 11, activation);
            yield return LinearCase(37, 50, 20, Activation.Relu);
            foreach (var (rows, inputs, outputs) in ((int, int, int)[])[(6, 9, 11), (5, 64, 12), (70, 4, 3)]) yield return Behind(rows, inputs, outputs);
        }
    }

    private static OpCase Product(MatMulOp op, int batch, int m, int n, int k)
    {
        Shape Of(int rows, int columns) => batch == 1 ? new Shape(rows, columns) : new Shape(batch, rows, columns);
        return new OpCase
        {
            Op = nameof(Ops.MatMul),
            Variant = $"{op} {batch}x{m}x{n}x{k}",
            Inputs = [new(op == MatMulOp.TN ? Of(k, m) : Of(m, k)), new(op == MatMulOp.NT ? Of(n, k) : Of(k, n))],
            Build = x => x[0].MatMul(x[1], op),
            Ulps = 2 + k,
            Reference = x =>
            {
                var y = new double[batch * m * n];
                for (int b = 0; b < batch; b++)
                    for (int i = 0; i < m; i++)
                        for (int j = 0; j < n; j++)
                            for (int c = 0; c < k; c++)
                            {
                                double left = x[0][(b * m * k) + (op == MatMulOp.TN ? (c * m) + i : (i * k) + c)];
                                double right = x[1][(b * n * k) + (op == MatMulOp.NT ? (j * k) + c : (c * n) + j)];
                                y[(((b * m) + i) * n) + j] += left * right;
                            }

                return y;
            },
        };
    }

    /// <summary>Its input gradient goes on through an activation, seen under another shape.</summary>
    private static OpCase Behind(int rows, int inputs, int outputs) => new()
    {
        Op = nameof(Ops.Linear),
        Variant = $"{rows}x{inputs}->{outputs} behind a leaky rectifier",
        Inputs = [new(new Shape(rows, 1, inputs)), new(new Shape(outputs, inputs))],
        Build = x => x[0].LeakyRelu(0.2).Reshape(rows, inputs).Linear(x[1], null),
        Ulps = 8 + inputs,
        Reference = x =>
        {
            var y = new double[rows * outputs];
            for (int i = 0; i < y.Length; i++)
                for (int c = 0; c < inputs; c++)
                {
                    double value = x[0][(i / outputs * inputs) + c];
                    y[i] += (value > 0 ? value : 0.2 * value) * x[1][(i % outputs * inputs) + c];
                }

            return y;
        },
    };

    private static OpCase LinearCase(int rows, int inputs, int outputs, Activation activation) => new()
    {
        Op = nameof(Ops.Linear),
        Variant = $"{rows}x{inputs}->{outputs} {activation}",
        Inputs = [new(new Shape(rows, inputs)), new(new Shape(outputs, inputs)), new(new Shape(outputs))],
        Build = x => x[0].Linear(x[1], x[2], activation, 0.1),
        Ulps = 8 + inputs,
        Reference = x =>
        {
            var y = new double[rows * outputs];
            for (int r = 0; r < rows; r++)
                for (int o = 0; o < outputs; o++)
                {
                    double sum = x[2][o];
                    for (int i = 0; i < inputs; i++) sum += x[0][(r * inputs) + i] * x[1][(o * inputs) + i];
                    y[(r * outputs) + o] = References.Activate(activation, sum, 0.1);
                }

            return y;
        },
    };
}
