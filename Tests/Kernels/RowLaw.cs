namespace GenEngine.Tests.Kernels;

/// <summary>The row-sum law written out in plain C#, one scalar at a time.</summary>
internal static class RowLaw
{
    /// <param name="step">Takes element i into a lane's sum.</param>
    public static float Sum(int n, Func<float, int, float> step)
    {
        var lanes = new float[32];
        for (int i = 0; i < n; i++) lanes[i % 32] = step(lanes[i % 32], i);
        for (int width = 16; width > 0; width /= 2)
        {
            for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
        }

        return lanes[0];
    }
}
