using System.Numerics;

namespace GenEngine.Tests.Kernels.Reduction;

/// <summary>The summation law of CONTRIBUTING.md in plain loops: what every device must give, bit for bit.</summary>
internal static class SummationLaw
{
    /// <summary>32 lanes, then the tree.</summary>
    public static T Row<T>(ReadOnlySpan<T> x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var lanes = new T[32];
        for (int i = 0; i < x.Length; i++) lanes[i % 32] += x[i];
        for (int width = 16; width > 0; width /= 2)
            for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
        return lanes[0];
    }

    /// <summary>Chunks of 64 rows, then the chunks' sums.</summary>
    public static T[] Columns<T>(ReadOnlySpan<T> x, int columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sums = new T[columns];
        int rows = x.Length / columns;
        for (int first = 0; first < rows; first += 64)
        {
            for (int c = 0; c < columns; c++)
            {
                T chunk = T.Zero;
                for (int r = first; r < Math.Min(rows, first + 64); r++) chunk += x[(r * columns) + c];
                sums[c] += chunk;
            }
        }

        return sums;
    }

    /// <summary>Rows of 4096, then their sums as one row.</summary>
    public static T All<T>(ReadOnlySpan<T> x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var rows = new List<T>();
        for (int first = 0; first < x.Length; first += 4096) rows.Add(Row(x[first..Math.Min(x.Length, first + 4096)]));
        return Row<T>(rows.ToArray());
    }
}
