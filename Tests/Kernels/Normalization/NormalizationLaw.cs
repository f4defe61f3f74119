namespace GenEngine.Tests.Kernels.Normalization;

/// <summary>The orders of CONTRIBUTING.md's summation law that normalisation has, in plain loops: what every device must give, bit for bit.</summary>
internal static class NormalizationLaw
{
    private const int Chunk = 64;

    /// <summary>Partial results [chunks, 3, columns] and statistics [3, columns].</summary>
    public static (float[] Partials, float[] Statistics) Statistics(float[] x, int rows, int columns, float epsilon)
    {
        int chunks = (rows + Chunk - 1) / Chunk;
        float[] partials = new float[3 * chunks * columns], statistics = new float[3 * columns];
        for (int c = 0; c < columns; c++)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                int first = chunk * Chunk, n = Math.Min(Chunk, rows - first);
                float shift = x[(first * columns) + c], sum = 0, squares = 0;
                for (int r = first; r < first + n; r++)
                {
                    float d = x[(r * columns) + c] - shift;
                    sum += d;
                    squares = MathF.FusedMultiplyAdd(d, d, squares);
                }

                partials[(3 * chunk * columns) + c] = shift;
                partials[(((3 * chunk) + 1) * columns) + c] = sum / n;
                partials[(((3 * chunk) + 2) * columns) + c] = Math.Max(0, MathF.FusedMultiplyAdd(-sum, sum / n, squares));
            }

            float Mean(int chunk) => (partials[(3 * chunk * columns) + c] - partials[c]) + partials[(((3 * chunk) + 1) * columns) + c];
            float Count(int chunk) => Math.Min(Chunk, rows - (chunk * Chunk));
            float total = 0, rest = 0;
            for (int chunk = 0; chunk < chunks; chunk++) total = MathF.FusedMultiplyAdd(Count(chunk), Mean(chunk), total);
            float mean = total / rows;
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                float d = Mean(chunk) - mean;
                rest += partials[(((3 * chunk) + 2) * columns) + c];
                rest = MathF.FusedMultiplyAdd(Count(chunk) * d, d, rest);
            }

            statistics[c] = partials[c] + mean;
            statistics[columns + c] = 1 / MathF.Sqrt((rest / rows) + epsilon);
            statistics[(2 * columns) + c] = rest / (rows - 1);
        }

        return (partials, statistics);
    }

    /// <summary>Sums of u and of u v over the rows, a column each.</summary>
    public static (float[] Sums, float[] Dots) Pairs(int rows, int columns, Func<int, int, (float U, float V)> terms)
    {
        float[] sums = new float[columns], dots = new float[columns];
        for (int c = 0; c < columns; c++)
        {
            for (int first = 0; first < rows; first += Chunk)
            {
                float sum = 0, dot = 0;
                for (int r = first; r < Math.Min(rows, first + Chunk); r++)
                {
                    var (u, v) = terms(r, c);
                    sum += u;
                    dot = MathF.FusedMultiplyAdd(u, v, dot);
                }

                sums[c] += sum;
                dots[c] += dot;
            }
        }

        return (sums, dots);
    }
}
