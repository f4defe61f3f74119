namespace GenEngine.Checks.Cases;

internal sealed class SoftmaxCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases =>
        from shape in (Shape[])[new(1, 1), new(3, 2), new(7, 10), new(5, 30), new(2, 3, 33), new(3, 256), new(1, 1100)]
        select new OpCase
        {
            Op = nameof(Ops.Softmax),
            Variant = string.Join("x", shape.ToArray()),
            Inputs = [new(shape)],
            Build = x => x[0].Softmax(),
            Ulps = 16,
            Reference = x =>
            {
                int columns = shape.Columns;
                var y = new double[x[0].Length];
                for (int start = 0; start < y.Length; start += columns)
                {
                    var row = x[0].AsSpan(start, columns);
                    double max = row.ToArray().Max(), sum = 0;
                    for (int c = 0; c < columns; c++) sum += y[start + c] = Math.Exp(row[c] - max);
                    for (int c = 0; c < columns; c++) y[start + c] /= sum;
                }

                return y;
            },
        };
}
