namespace GenEngine.Checks.Cases;

internal sealed class SoftmaxCrossEntropyCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var (rows, classes) in ((int, int)[])[(1, 1), (3, 2), (3, 5), (7, 10), (6, 67), (3, 255), (5, 256), (2, 257), (1, 1100)])
            {
                yield return Case(nameof(Ops.SoftmaxCrossEntropy), new Shape(rows, classes), 0, 0);
                yield return Case(nameof(Ops.SoftmaxCrossEntropyMean), new Shape(rows, classes), 0, 0);
            }

            foreach (string op in (string[])[nameof(Ops.SoftmaxCrossEntropy), nameof(Ops.SoftmaxCrossEntropyMean)])
            {
                yield return Case(op, new Shape(2, 5, 7), 3, 0);
                yield return Case(op, new Shape(3, 1, 9, 33), 8, 0);
                yield return Case(op, new Shape(12, 10), 1, 4);
            }
        }
    }

    /// <param name="positions">Of a sequence; 0: as the shape says.</param>
    private static OpCase Case(string op, Shape logits, int ignore, int positions)
    {
        int rows = logits.Rows, classes = logits.Columns;
        bool mean = op == nameof(Ops.SoftmaxCrossEntropyMean);
        return new OpCase
        {
            Op = op,
            Variant = string.Join("x", logits.ToArray()) + (ignore == 0 ? "" : $" ignore {ignore}"),
            Inputs = [new(logits), new(new Shape(rows), InputKind.Label, Classes: classes)],
            Build = x => mean ? x[0].SoftmaxCrossEntropyMean(x[1], ignore, positions) : x[0].SoftmaxCrossEntropy(x[1], ignore, positions),
            Ulps = 16,
            Reference = x =>
            {
                int sequence = positions > 0 ? positions : logits.Rank > 2 ? rows / logits[0] : 1;
                var losses = References.PerRow(rows, r =>
                {
                    if (r % sequence < ignore) return 0;
                    var row = x[0][(r * classes)..((r + 1) * classes)];
                    double max = row.Max();
                    return max + Math.Log(row.Sum(v => Math.Exp(v - max))) - row[(int)x[1][r]];
                });
                return mean ? [losses.Sum() / (rows / sequence * (sequence - ignore))] : losses;
            },
        };
    }
}
