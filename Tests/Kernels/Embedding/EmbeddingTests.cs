using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Tests.Kernels.Layout;
using GenEngine.Tests.Kernels.Reduction;
using NUnit.Framework;
using EmbeddingKernel = GenEngine.Kernels.Embedding.Embedding;

namespace GenEngine.Tests.Kernels.Embedding;

/// <summary>Rows of a table by index, and their gradient: a column sum of the rows that name an entry, bit for bit.</summary>
[Parallelizable]
public sealed class EmbeddingTests
{
    [Test]
    public void Rows_are_copied_and_unknown_ones_are_nan([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        foreach (int width in (int[])[1, 3, 16, 20, 65])
        {
            int[] indices = [2, 0, -1, 1, 3, int.MinValue, int.MaxValue, 2];
            double[] table = Arithmetic.Draw(dtype, 3 * width, 1);
            using var t = new DeviceArray(device, dtype, table);
            using var i = device.Put(indices);
            using var y = new DeviceArray(device, dtype, indices.Length * width);
            EmbeddingKernel.Forward(device, dtype, t, i.All, y, indices.Length, 3, width);
            double[] expected = [.. indices.SelectMany(index => Enumerable.Range(0, width).Select(c => index is >= 0 and < 3 ? table[(index * width) + c] : double.NaN))];
            DeviceArray.AssertSameBits(y.Read(), expected, $"width {width}");
        }
    }

    [Test]
    public void Gradient_is_the_column_sum_of_the_rows_that_name_an_entry([EachDevice] TestDevice which, [EachReal] DType dtype, [Values] bool accumulate)
    {
        var device = which.Open();
        foreach (var (rows, count, width) in ((int, int, int)[])[(1, 1, 1), (33, 5, 3), (300, 2, 16), (1100, 7, 65), (900, 1, 33), (600, 600, 4), (2500, 300, 2)])
        {
            var random = new Random(rows);
            // most rows name one entry, some none
            int[] indices = [.. Enumerable.Range(0, rows).Select(_ => random.Next(4) switch { 0 => random.Next(-1, count + 1), 1 => 0, _ => count / 2 })];
            double[] dy = Arithmetic.Draw(dtype, rows * width, 1), before = Arithmetic.Draw(dtype, count * width, 2);
            var expected = new double[count * width];
            foreach (var entry in Enumerable.Range(0, rows).Where(r => indices[r] >= 0 && indices[r] < count).GroupBy(r => indices[r]))
                Columns(dtype, [.. entry.SelectMany(r => dy[(r * width)..((r + 1) * width)])], width).CopyTo(expected, entry.Key * width);
            using var i = device.Put(indices);
            using var dys = new DeviceArray(device, dtype, dy);
            using var dTable = new DeviceArray(device, dtype, before);
            using var workspace = device.Allocate(EmbeddingKernel.WorkspaceBytes(rows, count), "workspace");
            EmbeddingKernel.Backward(device, dtype, i.All, dys, dTable, workspace.All, rows, count, width, accumulate);
            DeviceArray.AssertSameBits(dTable.Read(), Arithmetic.Onto(dtype, before, expected, accumulate), $"{rows} rows of {count}x{width}");
        }
    }

    [Test]
    public void The_workspace_stays_in_proportion([Values(1, 100, 16384, 1_000_000)] int rows, [Values(1, 256, 50_000, 2_000_000)] int count) =>
        Assert.That(EmbeddingKernel.WorkspaceBytes(rows, count), Is.LessThanOrEqualTo(4 * ((5L * rows) + (2 * (count + 1L)))));

    [Test]
    public void Numbers_that_do_not_fit_are_refused()
    {
        var device = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1);
        using var all = new DeviceArray(device, DType.Float32, 100);
        using var indices = device.Put(new int[10]);
        void Forward(int rows, int count, int width) => EmbeddingKernel.Forward(device, DType.Float32, all, indices.All, all, rows, count, width);
        Assert.That(() => Forward(0, 4, 5), Throws.InstanceOf<EngineException>().With.Message.Contains("embedding").And.Message.Contains("0 rows").And.Message.Contains("4x5"));
        Assert.That(() => Forward(11, 2, 2), Throws.InstanceOf<EngineException>(), "too few indices");
        Assert.That(() => Forward(10, 2, 11), Throws.InstanceOf<EngineException>(), "y is too short");
        Assert.That(
            () => EmbeddingKernel.Backward(device, DType.Float32, indices.All, all, all, indices.All, 10, 5, 2), Throws.InstanceOf<EngineException>(), "the workspace is too short");
    }

    private static double[] Columns(DType dtype, double[] x, int columns) => dtype == DType.Float32
        ? Array.ConvertAll(SummationLaw.Columns<float>(Array.ConvertAll(x, value => (float)value), columns), value => (double)value)
        : SummationLaw.Columns<double>(x, columns);
}
