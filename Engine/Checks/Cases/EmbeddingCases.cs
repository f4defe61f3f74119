namespace GenEngine.Checks.Cases;

internal sealed class EmbeddingCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            // 700 rows of 3 are several chunks of the sum; 600 of 40 are several tiles of the sort
            foreach (var (rows, count, width) in ((int, int, int)[])[(1, 1, 1), (9, 4, 5), (700, 3, 65), (600, 40, 3), (5, 300, 16)])
                yield return Case($"{rows} of {count}x{width}", new Shape(rows), count, width);
            yield return Case("2x3x4x1 of 7x6", new Shape(2, 3, 4, 1), 7, 6);
        }
    }

    private static OpCase Case(string variant, Shape indices, int count, int width) => new()
    {
        Op = nameof(Ops.Embedding),
        Variant = variant,
        Inputs = [new(new Shape(count, width)), new(indices, InputKind.Label, Classes: count)],
        Build = x => x[0].Embedding(x[1]),
        Ulps = 0,
        Reference = x => [.. x[1].SelectMany(index => x[0][((int)index * width)..(((int)index + 1) * width)])],
    };
}
