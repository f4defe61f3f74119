using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>How well clusters agree with classes.</summary>
public static class Clustering
{
    /// <summary>Accuracy under the best assignment of clusters to classes, one to one (Kuhn 1955).</summary>
    public static double Accuracy(IReadOnlyList<int> clusters, IReadOnlyList<int> classes)
    {
        double[,] counts = Contingency(clusters, classes);
        int n = Math.Max(counts.GetLength(0), counts.GetLength(1));
        var costs = new double[n, n];
        for (int i = 0; i < counts.GetLength(0); i++)
        {
            for (int j = 0; j < counts.GetLength(1); j++) costs[i, j] = -counts[i, j];
        }

        int[] assigned = Assign(costs);
        return -Enumerable.Range(0, n).Sum(i => costs[i, assigned[i]]) / clusters.Count;
    }

    /// <summary>
    /// Accuracy when each cluster is named after the class of the image that is surest to be in it (Makhzani et al., Adversarial Autoencoders, 2015, section 4.1): one label a cluster is looked at,
    /// so that this is what clustering is worth to somebody who names clusters by one example.
    /// </summary>
    /// <param name="probabilities">[images, clusters]; an image is in its likeliest.</param>
    public static double SurestAccuracy(FeatureMatrix probabilities, IReadOnlyList<int> classes)
    {
        int[] clusters = ClassifierScores.Classes(probabilities), surest = new int[probabilities.Width];
        if (clusters.Length != classes.Count) throw new EngineException($"Clusters: {clusters.Length} images for {classes.Count} classes.");
        for (int cluster = 0; cluster < surest.Length; cluster++)
        {
            for (int i = 1; i < clusters.Length; i++)
            {
                if (probabilities.Row(i)[cluster] > probabilities.Row(surest[cluster])[cluster]) surest[cluster] = i;
            }
        }

        return clusters.Where((cluster, i) => classes[surest[cluster]] == classes[i]).Count() / (double)clusters.Length;
    }

    /// <summary>Normalised mutual information, I / ((H1 + H2) / 2) (Strehl and Ghosh 2002, arithmetic mean); 0 when both are one class.</summary>
    public static double MutualInformation(IReadOnlyList<int> clusters, IReadOnlyList<int> classes)
    {
        double[,] counts = Contingency(clusters, classes);
        int rows = counts.GetLength(0), columns = counts.GetLength(1);
        double[] row = new double[rows], column = new double[columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                counts[i, j] /= clusters.Count;
                row[i] += counts[i, j];
                column[j] += counts[i, j];
            }
        }

        double shared = 0, entropies = row.Concat(column).Where(p => p > 0).Sum(p => -p * Math.Log(p));
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++) shared += counts[i, j] > 0 ? counts[i, j] * Math.Log(counts[i, j] / (row[i] * column[j])) : 0;
        }

        return entropies > 0 ? 2 * shared / entropies : 0;
    }

    /// <summary>The assignment of rows to columns of least total cost, in O(n^3) by potentials and shortest augmenting paths.</summary>
    /// <param name="costs">[n, n], finite.</param>
    /// <returns>The column of each row.</returns>
    public static int[] Assign(double[,] costs)
    {
        int n = costs.GetLength(0);
        if (costs.GetLength(1) != n) throw new EngineException($"An assignment wants a square of costs, not {n}x{costs.GetLength(1)}.");
        // columns and rows count from 1; 0 is the root of the path
        double[] u = new double[n + 1], v = new double[n + 1];
        int[] rowOf = new int[n + 1], from = new int[n + 1];
        for (int row = 1; row <= n; row++)
        {
            double[] least = new double[n + 1];
            bool[] used = new bool[n + 1];
            Array.Fill(least, double.PositiveInfinity);
            rowOf[0] = row;
            int column = 0;
            do
            {
                used[column] = true;
                int at = rowOf[column], next = 0;
                double delta = double.PositiveInfinity;
                for (int j = 1; j <= n; j++)
                {
                    if (used[j]) continue;
                    double reduced = costs[at - 1, j - 1] - u[at] - v[j];
                    if (reduced < least[j]) (least[j], from[j]) = (reduced, column);
                    if (least[j] < delta) (delta, next) = (least[j], j);
                }

                if (next == 0) throw new EngineException("An assignment of costs that are not finite.");
                for (int j = 0; j <= n; j++)
                {
                    if (used[j]) (u[rowOf[j]], v[j]) = (u[rowOf[j]] + delta, v[j] - delta);
                    else least[j] -= delta;
                }

                column = next;
            }
            while (rowOf[column] != 0);
            for (; column != 0; column = from[column]) rowOf[column] = rowOf[from[column]];
        }

        var result = new int[n];
        for (int j = 1; j <= n; j++) result[rowOf[j] - 1] = j - 1;
        return result;
    }

    private static double[,] Contingency(IReadOnlyList<int> clusters, IReadOnlyList<int> classes)
    {
        if (clusters.Count != classes.Count || clusters.Count == 0 || clusters.Min() < 0 || classes.Min() < 0)
            throw new EngineException($"{clusters.Count} clusters for {classes.Count} classes: they must be as many, one at least, none negative.");
        var counts = new double[clusters.Max() + 1, classes.Max() + 1];
        for (int i = 0; i < clusters.Count; i++) counts[clusters[i], classes[i]]++;
        return counts;
    }
}
