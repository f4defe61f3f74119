using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GenEngine.Metrics;

/// <summary>
/// Products of float64 matrices in host memory, c[i, j] = sum over k of a[i, k] b[j, k], each one ascending chain of fused multiply-adds.
/// b is packed once into panels of 16 columns; a tile of 4 x 16 lives in registers.
/// </summary>
internal sealed class DenseProduct
{
    /// <summary>Rows of a block that <see cref="Run"/> hands out, the last shorter.</summary>
    public const int BlockRows = 64;

    private const int PanelWidth = 16, TileRows = 4;
    private readonly double[] _panels;

    /// <param name="b">[columns, depth], row after row.</param>
    public DenseProduct(double[] b, int columns, int depth, int threads = 0)
    {
        (Columns, Depth) = (columns, depth);
        int panels = (columns + PanelWidth - 1) / PanelWidth;
        _panels = new double[(long)panels * PanelWidth * depth];
        Parts.Run(panels, threads, panel =>
        {
            var target = _panels.AsSpan(panel * PanelWidth * depth, PanelWidth * depth);
            int valid = Math.Min(PanelWidth, columns - (panel * PanelWidth));
            for (int j = 0; j < valid; j++)
            {
                var row = b.AsSpan(((panel * PanelWidth) + j) * depth, depth);
                for (int k = 0; k < depth; k++) target[(k * PanelWidth) + j] = row[k];
            }
        });
    }

    public int Columns { get; }

    public int Depth { get; }

    /// <summary>Columns of a result row in memory: <see cref="Columns"/> rounded up to whole panels; those past the end are 0.</summary>
    public int Stride => (Columns + PanelWidth - 1) / PanelWidth * PanelWidth;

    /// <summary>a b^T for two matrices: [rows, columns].</summary>
    public static double[] Of(double[] a, int rows, double[] b, int columns, int depth, int threads = 0)
    {
        var product = new DenseProduct(b, columns, depth, threads);
        var result = new double[(long)rows * columns];
        product.Run(a, rows, threads, (first, count, block) =>
        {
            for (int i = 0; i < count; i++) block.AsSpan(i * product.Stride, columns).CopyTo(result.AsSpan((first + i) * columns));
        });
        return result;
    }

    /// <summary>Blocks of up to 64 rows of a b^T, in any order: what takes them gets the first row, how many, and the values [rows, Stride].</summary>
    public void Run(double[] a, int rows, int threads, Action<int, int, double[]> take)
    {
        using var blocks = new ThreadLocal<double[]>(() => new double[BlockRows * Stride]);
        Parts.Ranges(rows, BlockRows, threads, (first, end) =>
        {
            Block(a, first, end, blocks.Value!);
            take(first, end - first, blocks.Value!);
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void Block(double[] a, int first, int end, double[] block)
    {
        nint depth = Depth, stride = Stride;
        fixed (double* left = a, packed = _panels, result = block)
        {
            for (nint column = 0; column < stride; column += PanelWidth)
            {
                double* panel = packed + (column * depth);
                nint i = first;
                for (; i <= end - TileRows; i += TileRows) Tile(left + (i * depth), panel, depth, result + ((i - first) * stride) + column, stride);
                for (; i < end; i++) Single(left + (i * depth), panel, depth, result + ((i - first) * stride) + column);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Tile(double* a, double* panel, nint depth, double* c, nint stride)
    {
        Vector512<double> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        double* a1 = a + depth, a2 = a1 + depth, a3 = a2 + depth;
        for (nint k = 0; k < depth; k++)
        {
            Vector512<double> b0 = Vector512.Load(panel + (k * PanelWidth)), b1 = Vector512.Load(panel + (k * PanelWidth) + 8);
            var x = Vector512.Create(a[k]);
            s00 = Vector512.FusedMultiplyAdd(x, b0, s00);
            s01 = Vector512.FusedMultiplyAdd(x, b1, s01);
            x = Vector512.Create(a1[k]);
            s10 = Vector512.FusedMultiplyAdd(x, b0, s10);
            s11 = Vector512.FusedMultiplyAdd(x, b1, s11);
            x = Vector512.Create(a2[k]);
            s20 = Vector512.FusedMultiplyAdd(x, b0, s20);
            s21 = Vector512.FusedMultiplyAdd(x, b1, s21);
            x = Vector512.Create(a3[k]);
            s30 = Vector512.FusedMultiplyAdd(x, b0, s30);
            s31 = Vector512.FusedMultiplyAdd(x, b1, s31);
        }

        s00.Store(c);
        s01.Store(c + 8);
        s10.Store(c + stride);
        s11.Store(c + stride + 8);
        s20.Store(c + (2 * stride));
        s21.Store(c + (2 * stride) + 8);
        s30.Store(c + (3 * stride));
        s31.Store(c + (3 * stride) + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Single(double* a, double* panel, nint depth, double* c)
    {
        Vector512<double> s0 = default, s1 = default;
        for (nint k = 0; k < depth; k++)
        {
            var x = Vector512.Create(a[k]);
            s0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(panel + (k * PanelWidth)), s0);
            s1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(panel + (k * PanelWidth) + 8), s1);
        }

        s0.Store(c);
        s1.Store(c + 8);
    }
}
