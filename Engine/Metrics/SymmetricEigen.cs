using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>
/// Eigenvalues and eigenvectors of a symmetric matrix: Householder reflections to tridiagonal form, then implicit QL (Golub and Van Loan,
/// Matrix Computations, 8.3; Wilkinson's shift). Vectors are kept as rows, so that every loop runs along memory.
/// </summary>
public sealed class SymmetricEigen
{
    private const int MaxSweeps = 60, ColumnBlock = 128, RowBlock = 32;

    private SymmetricEigen(double[] values, double[] vectors) => (Values, Vectors) = (values, vectors);

    /// <summary>Descending.</summary>
    public double[] Values { get; }

    /// <summary>[n, n]: row i is the unit vector of value i.</summary>
    public double[] Vectors { get; }

    /// <param name="matrix">[n, n], symmetric; only its mean with its transpose is looked at. Not changed.</param>
    /// <param name="n">Extent.</param>
    /// <param name="threads">0: all cores. The result does not depend on it.</param>
    /// <exception cref="EngineException">Not n x n, or NaN or infinity inside.</exception>
    public static SymmetricEigen Of(double[] matrix, int n, int threads = 0)
    {
        if (n < 1 || matrix.Length != n * n) throw new EngineException($"{matrix.Length} values are not a matrix of {n}x{n}.");
        var a = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                a[(i * n) + j] = (0.5 * matrix[(i * n) + j]) + (0.5 * matrix[(j * n) + i]);
                if (!double.IsFinite(a[(i * n) + j])) throw new EngineException($"Eigenvalues: element [{i}, {j}] is {a[(i * n) + j]}.");
            }
        }

        double[] diagonal = new double[n], beside = new double[n];
        double[] vectors = Tridiagonal(a, n, diagonal, beside, threads);
        ImplicitQl(diagonal, beside, vectors, n, threads);
        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => diagonal[i])];
        var sorted = new double[n * n];
        for (int i = 0; i < n; i++) vectors.AsSpan(order[i] * n, n).CopyTo(sorted.AsSpan(i * n));
        return new SymmetricEigen([.. order.Select(i => diagonal[i])], sorted);
    }

    /// <summary>f of the matrix: sum of f(value) vector vector^T.</summary>
    public double[] Apply(Func<double, double> f, int threads = 0)
    {
        int n = Values.Length;
        double[] columns = new double[n * n], scaled = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            double value = f(Values[i]);
            for (int j = 0; j < n; j++)
            {
                columns[(j * n) + i] = Vectors[(i * n) + j];
                scaled[(j * n) + i] = value * Vectors[(i * n) + j];
            }
        }

        return DenseProduct.Of(scaled, n, columns, n, n, threads);
    }

    // a = Q T Q^T with Q = H0 H1 ..., Hk = I - b v v^T; gives Q^T, whose rows the QL sweeps rotate
    private static double[] Tridiagonal(double[] a, int n, double[] diagonal, double[] beside, int threads)
    {
        var reflections = new (double[] V, double Beta)[Math.Max(0, n - 2)];
        for (int k = 0; k < n - 2; k++)
        {
            int m = n - k - 1;
            diagonal[k] = a[(k * n) + k];
            // row k equals column k
            double[] v = a.AsSpan((k * n) + k + 1, m).ToArray();
            double largest = 0;
            foreach (double value in v) largest = Math.Max(largest, Math.Abs(value));
            if (largest == 0)
            {
                reflections[k] = (v, 0);
                continue;
            }

            for (int i = 0; i < m; i++) v[i] /= largest;
            double norm = Math.Sqrt(HostVectors.Dot(v, v)), alpha = v[0] > 0 ? -norm : norm;
            beside[k] = alpha * largest;
            v[0] -= alpha;
            double beta = 2 / HostVectors.Dot(v, v);
            reflections[k] = (v, beta);
            var w = new double[m];
            int start = k + 1, size = RowsAPart(m);
            Parts.Ranges(m, size, threads, (first, end) =>
            {
                for (int i = first; i < end; i++) w[i] = beta * HostVectors.Dot(a.AsSpan(((start + i) * n) + start, m), v);
            });
            HostVectors.AddScaled(w, -0.5 * beta * HostVectors.Dot(w, v), v);
            Parts.Ranges(m, size, threads, (first, end) =>
            {
                for (int i = first; i < end; i++) HostVectors.AddScaled(a.AsSpan(((start + i) * n) + start, m), -v[i], w, -w[i], v);
            });
        }

        if (n > 1)
        {
            diagonal[n - 2] = a[((n - 2) * n) + n - 2];
            beside[n - 2] = a[((n - 2) * n) + n - 1];
        }

        diagonal[n - 1] = a[(n * n) - 1];
        return Accumulated(reflections, n, threads);
    }

    private static double[] Accumulated((double[] V, double Beta)[] reflections, int n, int threads)
    {
        // rows of Q^T: (H0 H1 ... )^T = ... H1 H0; from the last reflection on, each touches the lower right corner only:
        // Q := Hk Q means, on Q^T, row r := row r - b (row r . v) v
        var q = new double[n * n];
        for (int i = 0; i < n; i++) q[(i * n) + i] = 1;
        for (int k = reflections.Length - 1; k >= 0; k--)
        {
            var (v, beta) = reflections[k];
            if (beta == 0) continue;
            int start = k + 1, m = n - start;
            Parts.Ranges(m, RowsAPart(m), threads, (first, end) =>
            {
                for (int i = first; i < end; i++)
                {
                    var row = q.AsSpan(((start + i) * n) + start, m);
                    HostVectors.AddScaled(row, -beta * HostVectors.Dot(row, v), v);
                }
            });
        }

        return q;
    }

    // small ones stay on one thread
    private static int RowsAPart(int m) => m < 200 ? m : Math.Max(RowBlock, (m + 7) / 8);

    private static void ImplicitQl(double[] d, double[] e, double[] vectors, int n, int threads)
    {
        double[] cosines = new double[n], sines = new double[n];
        double scale = 0;
        for (int i = 0; i < n; i++) scale = Math.Max(scale, Math.Abs(d[i]) + Math.Abs(e[i]));
        for (int l = 0; l < n; l++)
        {
            for (int sweep = 0; ; sweep++)
            {
                int m = l;
                for (; m < n - 1; m++)
                {
                    // below rounding of its neighbours, or of the whole: a covariance of rank less than n has a cluster of zeros
                    if (Math.Abs(e[m]) <= 1.1e-16 * (Math.Abs(d[m]) + Math.Abs(d[m + 1])) || Math.Abs(e[m]) <= 1e-18 * scale) break;
                }

                if (m == l) break;
                if (sweep == MaxSweeps) throw new EngineException($"Eigenvalues: value {l} of {n} has not converged in {MaxSweeps} sweeps.");
                int least = Sweep(d, e, l, m, cosines, sines);
                int last = m - 1, blocks = m - least < 8 ? n : ColumnBlock;
                Parts.Ranges(n, blocks, threads, (first, end) =>
                {
                    for (int i = last; i >= least; i--)
                        HostVectors.Rotate(vectors.AsSpan((i * n) + first, end - first), vectors.AsSpan(((i + 1) * n) + first, end - first), cosines[i], sines[i]);
                });
            }
        }
    }

    // one QL step on rows l .. m; gives the least i whose rotation was made
    private static int Sweep(double[] d, double[] e, int l, int m, double[] cosines, double[] sines)
    {
        double g = (d[l + 1] - d[l]) / (2 * e[l]), r = Math.Sqrt((g * g) + 1);
        g = d[m] - d[l] + (e[l] / (g + (g >= 0 ? r : -r)));
        double s = 1, c = 1, p = 0;
        for (int i = m - 1; i >= l; i--)
        {
            double f = s * e[i], b = c * e[i];
            r = Hypotenuse(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= p;
                e[m] = 0;
                return i + 1;
            }

            s = f / r;
            c = g / r;
            g = d[i + 1] - p;
            r = ((d[i] - g) * s) + (2 * c * b);
            p = s * r;
            d[i + 1] = g + p;
            g = (c * r) - b;
            (cosines[i], sines[i]) = (c, s);
        }

        d[l] -= p;
        e[l] = g;
        e[m] = 0;
        return l;
    }

    private static double Hypotenuse(double x, double y)
    {
        double a = Math.Max(Math.Abs(x), Math.Abs(y)), b = Math.Min(Math.Abs(x), Math.Abs(y));
        return a == 0 ? 0 : a * Math.Sqrt(1 + (b / a * (b / a)));
    }
}
