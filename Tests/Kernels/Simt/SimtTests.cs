using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Simt;

/// <summary>The emulator runs kernels with waits of every kind, in three orders, with the results of plain loops.</summary>
[Parallelizable]
public class SimtTests
{
    private const string File = "Tests/Kernels/Simt/probe.cu";

    [StructLayout(LayoutKind.Sequential)]
    internal struct MapArgs
    {
        public ulong X, Y;
        public long N;
        public float Slope;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct SumArgs
    {
        public ulong X, Y;
        public int Rows, Columns;
    }

    private static readonly GpuKernel s_map = new(File, "map", typeof(MapArgs));
    private static readonly GpuKernel s_columnSum = new(File, "column_sum", typeof(SumArgs));
    private static readonly GpuKernel s_rowSum = new(File, "row_sum", typeof(SumArgs));
    private static readonly GpuKernel s_rowSumShared = new(File, "row_sum_shared", typeof(SumArgs));

    public static IEnumerable<TestDevice> Devices =>
        TestDevices.Gpus.Append(new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason));

    [TestCaseSource(nameof(Devices))]
    public void Map_over_a_grid(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        float[] x = Values(1000);
        using var input = Upload(device, x);
        using var output = device.Allocate(x.Length * 4, "y");
        foreach (int blocks in new[] { 1, 3, device.Driver.GridStrideBlocks(x.Length, 256) })
        {
            var args = new MapArgs { X = input.All.Address, Y = output.All.Address, N = x.Length, Slope = 1.5f };
            device.Launch(s_map, LaunchShape.Linear(blocks, 256), ref args, [Access.Read(input.All), Access.Write(output.All)]);
            Assert.That(Download(output), Is.EqualTo(x.Select(v => v > 0 ? MathF.FusedMultiplyAdd(1.5f, v, 1) : 0)));
        }
    }

    [TestCaseSource(nameof(Devices))]
    public void Column_sum_with_barriers(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        const int Rows = 37, Columns = 45;
        float[] x = Values(Rows * Columns);
        float[] y = Sum(device, s_columnSum, x, Rows, Columns, Columns, LaunchShape.Linear(2, 256));
        for (int c = 0; c < Columns; c++)
        {
            var groups = new float[8];
            for (int r = 0; r < Rows; r++) groups[r % 8] += x[r * Columns + c];
            for (int half = 4; half > 0; half /= 2)
                for (int g = 0; g < half; g++) groups[g] += groups[g + half];
            Assert.That(y[c], Is.EqualTo(groups[0]), $"column {c}");
        }
    }

    [TestCaseSource(nameof(Devices))]
    public void Row_sum_with_shuffles(TestDevice which) => RowSum((GpuDevice)which.Open(), s_rowSum);

    [TestCaseSource(nameof(Devices))]
    public void Row_sum_with_shared_memory(TestDevice which) => RowSum((GpuDevice)which.Open(), s_rowSumShared);

    [TestCaseSource(nameof(Devices))]
    public void A_recorded_list_replays(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        float[] x = Values(512);
        using var a = Upload(device, x);
        using var b = device.Allocate(x.Length * 4, "b");
        using var c = device.Allocate(x.Length * 4, "c");
        var first = new MapArgs { X = a.All.Address, Y = b.All.Address, N = x.Length, Slope = 2 };
        var second = new MapArgs { X = b.All.Address, Y = c.All.Address, N = x.Length, Slope = 3 };
        device.BeginCapture();
        device.Launch(s_map, LaunchShape.Linear(2, 256), ref first, [Access.Read(a.All), Access.Write(b.All)]);
        device.Launch(s_map, LaunchShape.Linear(2, 256), ref second, [Access.Read(b.All), Access.Write(c.All)]);
        using var step = device.EndCapture();
        device.Upload<float>(Array.ConvertAll(x, v => -v), a.All);
        step.Replay();
        Assert.That(Download(c), Is.EqualTo(x.Select(v => 3 * (-v > 0 ? MathF.FusedMultiplyAdd(2, -v, 1) : 0)).Select(v => v > 0 ? v + 1 : 0)));
    }

    private static void RowSum(GpuDevice device, GpuKernel kernel)
    {
        const int Rows = 6, Columns = 75;
        float[] x = Values(Rows * Columns);
        float[] y = Sum(device, kernel, x, Rows, Columns, Rows, LaunchShape.Linear(2, 128));
        for (int r = 0; r < Rows; r++)
        {
            var lanes = new float[32];
            for (int c = 0; c < Columns; c++) lanes[c % 32] += x[r * Columns + c];
            for (int w = 16; w > 0; w /= 2)
                for (int l = 0; l < w; l++) lanes[l] += lanes[l + w];
            Assert.That(y[r], Is.EqualTo(lanes[0]), $"row {r}");
        }
    }

    private static float[] Sum(GpuDevice device, GpuKernel kernel, float[] x, int rows, int columns, int results, LaunchShape shape)
    {
        using var input = Upload(device, x);
        using var output = device.Allocate(results * 4, "y");
        var args = new SumArgs { X = input.All.Address, Y = output.All.Address, Rows = rows, Columns = columns };
        device.Launch(kernel, shape, ref args, [Access.Read(input.All), Access.Write(output.All)]);
        return Download(output);
    }

    private static float[] Values(int count)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }

    private static DeviceBuffer Upload(GpuDevice device, float[] values)
    {
        var buffer = device.Allocate(values.Length * 4, "x");
        device.Upload<float>(values, buffer.All);
        return buffer;
    }

    private static float[] Download(DeviceBuffer buffer)
    {
        var values = new float[buffer.Bytes / 4];
        buffer.Device.Download(buffer.All, values.AsSpan());
        return values;
    }
}
