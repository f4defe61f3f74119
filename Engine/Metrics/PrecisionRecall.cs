using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>
/// Fidelity and diversity by balls around rows that reach to the k-th neighbour: improved precision and recall (Kynkaanniemi et al. 2019),
/// density and coverage (Naeem et al. 2020, eqs. 4 and 5). A row lies in a ball when its distance is less than the radius.
/// </summary>
/// <param name="Precision">Share of generated rows in the ball of a real one.</param>
/// <param name="Recall">Share of real rows in the ball of a generated one.</param>
/// <param name="Density">Real balls that a generated row lies in, over k, on average; may pass 1.</param>
/// <param name="Coverage">Share of real rows whose own ball holds a generated one.</param>
public sealed record PrecisionRecall(double Precision, double Recall, double Density, double Coverage)
{
    /// <summary>Compares features of real and of generated images.</summary>
    /// <param name="real">[count, width], more than k rows.</param>
    /// <param name="generated">[count, width], more than k rows.</param>
    /// <param name="k">A ball reaches to the row's k-th neighbour among its own kind.</param>
    /// <param name="threads">0: all cores; the result is the same with any.</param>
    /// <exception cref="EngineException">Rows of unequal width; no more than k rows of either kind.</exception>
    public static PrecisionRecall Of(FeatureMatrix real, FeatureMatrix generated, int k = 5, int threads = 0)
    {
        real.SameWidth(generated, "Precision and recall");
        double[] realRadii = Squared(NearestNeighbours.Radii(real, k, threads)), madeRadii = Squared(NearestNeighbours.Radii(generated, k, threads));
        var balls = new int[generated.Count];
        // several threads may write one element, all of them the same value
        bool[] recalled = new bool[real.Count], covered = new bool[real.Count];
        NearestNeighbours.EachRow(generated, real, threads, (i, distances) =>
        {
            double own = madeRadii[i];
            int inside = 0;
            for (int j = 0; j < distances.Length; j++)
            {
                if (distances[j] < own) recalled[j] = true;
                if (distances[j] >= realRadii[j]) continue;
                inside++;
                covered[j] = true;
            }

            balls[i] = inside;
        });
        return new PrecisionRecall(
            (double)balls.Count(inside => inside > 0) / generated.Count, (double)recalled.Count(x => x) / real.Count,
            balls.Sum(inside => (double)inside) / ((double)k * generated.Count), (double)covered.Count(x => x) / real.Count);
    }

    private static double[] Squared(double[] radii) => Array.ConvertAll(radii, radius => radius * radius);
}
