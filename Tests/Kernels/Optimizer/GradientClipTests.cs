using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using GenEngine.Tests.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Optimizer;

/// <summary>Clipping by value, and by a norm that is summed in the law's order.</summary>
[TestFixtureSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))]
[Parallelizable]
public class GradientClipTests(TestDevice which)
{
    private Device Target => which.Open();

    [TestCase(1)]
    [TestCase(31)]
    [TestCase(4096)]
    [TestCase(4100)]
    [TestCase(20_001)]
    public void The_norm_follows_the_law(int count)
    {
        using var arena = new OptimizerCase(Target, DType.Float32, count);
        float[] g = [.. arena.NextGradients().Select(v => (float)v)];
        Clip(arena, DType.Float32, 2.5);
        float law = MathF.Sqrt(SumOfSquaresByLaw(g));
        double norm = Math.Sqrt(g.Sum(v => (double)v * v));
        var state = arena.GetState();
        Assert.That(state.GradNorm, Is.EqualTo((double)law), "bit for bit");
        Assert.That(state.GradNorm, Is.EqualTo(norm).Within(1e-6 * norm));
        Assert.That(state.GradScale, Is.EqualTo(Math.Min(1, 2.5 / (law + 1e-6))));
    }

    [Test]
    public void Small_gradients_stay_as_they_are_and_nan_is_not_hidden()
    {
        using var arena = new OptimizerCase(Target, DType.Float64, 3);
        arena.Gradients.Write([3, 0, -4]);
        Clip(arena, DType.Float64, 6);
        Assert.That((arena.GetState().GradNorm, arena.GetState().GradScale), Is.EqualTo((5.0, 1.0)));
        Clip(arena, DType.Float64, 1);
        Assert.That(arena.GetState().GradScale, Is.EqualTo(0.2).Within(1e-6));
        arena.Gradients.Write([3, double.NaN, -4]);
        Clip(arena, DType.Float64, 6);
        Assert.That((arena.GetState().GradNorm, arena.GetState().GradScale), Is.EqualTo((double.NaN, double.NaN)));
    }

    [TestCase(7)]
    [TestCase(1000)]
    public void Values_are_bounded_on_both_sides(int count)
    {
        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            using var arena = new OptimizerCase(Target, dtype, count);
            double[] g = arena.NextGradients();
            (g[0], g[1], g[2], g[3]) = (double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.5);
            arena.Gradients.Write(g);
            GradientClip.ByValue(arena.Device, dtype, arena.Gradients, count, 0.5);
            DeviceArray.AssertSameBits(arena.Gradients.Read(), [.. g.Select(v => Math.Clamp(v, -0.5, 0.5))], $"{dtype}");
        }
    }

    [Test]
    public void Limits_are_positive()
    {
        using var arena = new OptimizerCase(Target, DType.Float32, 3);
        Assert.That(() => GradientClip.ByValue(arena.Device, DType.Float32, arena.Gradients, 3, 0), Throws.InstanceOf<EngineException>());
        Assert.That(() => Clip(arena, DType.Float32, -1), Throws.InstanceOf<EngineException>());
    }

    private static void Clip(OptimizerCase arena, DType dtype, double limit)
    {
        using var workspace = arena.Device.Allocate(GradientClip.WorkspaceBytes(dtype, arena.Count), "workspace");
        GradientClip.ByGlobalNorm(arena.Device, dtype, arena.Gradients, arena.Count, workspace.All, arena.State.All, limit);
    }

    // CONTRIBUTING.md, "Sum of all" with squares: rows of 4096, then the rows' sums as one row.
    private static float SumOfSquaresByLaw(float[] g) =>
        RowSum([.. g.Chunk(4096).Select(row => RowSum(row, (sum, v) => MathF.FusedMultiplyAdd(v, v, sum)))], (sum, v) => sum + v);

    private static float RowSum(float[] row, Func<float, float, float> add)
    {
        var lanes = new float[32];
        for (int i = 0; i < row.Length; i++) lanes[i % 32] = add(lanes[i % 32], row[i]);
        for (int width = 16; width > 0; width /= 2)
        {
            for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
        }

        return lanes[0];
    }
}
