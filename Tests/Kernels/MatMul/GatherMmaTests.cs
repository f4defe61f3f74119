using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Tests.Kernels.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>A gathering loader on tile_mma.cuh (gather_mma.cu): a convolution against the sum over its taps.</summary>
[Parallelizable]
public sealed class GatherMmaTests
{
    private static readonly GpuKernel Kernel = new("Tests/Kernels/MatMul/gather_mma.cu", "gather_mma", typeof(GatherMmaArgs)) { MinArch = 80, FollowsSummationLaw = false };

    [TestCase(1, 1, 1, 4, 1)]
    [TestCase(2, 5, 3, 8, 65)]
    [TestCase(1, 9, 11, 36, 5)]
    [TestCase(3, 8, 8, 32, 64)]
    public void AConvolutionIsTheSumOverItsTaps(int batch, int height, int width, int channels, int outputs)
    {
        if (TestDevices.SimtChecked is not { } device) Assert.Ignore(TestDevices.SimtMissingReason!);
        else Check(device, batch, height, width, channels, outputs);
    }

    [Test]
    public void GatheringHasNoBankConflicts()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        var driver = SimtDriver.Open(new SimtOptions(Checked: true));
        using var device = new GpuDevice(driver);
        Check(device, 2, 8, 8, 32, 64);
        Assert.That(driver.AccessSites.Where(site => site.Shared).Select(site => site.Excess), Is.All.EqualTo(1.0));
    }

    [TestCase(80)]
    [TestCase(90)]
    public void ItCompilesWithoutSpills(int arch)
    {
        var compiled = new KernelCompiler(NvrtcTests.Require(), null).Compile(Kernel, CudaArch.Sm(arch));
        TestContext.Out.WriteLine($"{compiled.Registers} registers");
        Assert.That((compiled.SpillBytes, compiled.ArgumentBytes), Is.EqualTo((0, Kernel.ArgumentBytes)));
    }

    private static void Check(GpuDevice device, int batch, int height, int width, int channels, int outputs)
    {
        // sixteenths below 8: exact in TF32, and so are their sums in float32
        var random = new Random(5);
        float[] x = [.. Enumerable.Range(0, batch * height * width * channels).Select(_ => random.Next(-127, 128) / 16f)];
        float[] filter = [.. Enumerable.Range(0, outputs * 9 * channels).Select(_ => random.Next(-127, 128) / 16f)];
        using var deviceX = device.Allocate(x.Length * sizeof(float), "x");
        using var deviceFilter = device.Allocate(filter.Length * sizeof(float), "filter");
        using var deviceY = device.Allocate((long)batch * height * width * outputs * sizeof(float), "y");
        device.Upload<float>(x, deviceX.All);
        device.Upload<float>(filter, deviceFilter.All);
        var args = new GatherMmaArgs
        {
            X = deviceX.All.Address,
            Filter = deviceFilter.All.Address,
            Y = deviceY.All.Address,
            Batch = batch,
            Height = height,
            Width = width,
            Channels = channels,
            Outputs = outputs,
        };
        int rows = batch * height * width;
        var shape = new LaunchShape((rows + 63) / 64, (outputs + 63) / 64, 1, 128, SharedBytes: 3 * 32 * 128 * sizeof(float));
        device.Launch(Kernel, shape, ref args, [Access.Read(deviceX.All), Access.Read(deviceFilter.All), Access.Write(deviceY.All)]);
        var actual = new float[rows * outputs];
        device.Download<float>(deviceY.All, actual);
        for (int i = 0; i < actual.Length; i++)
        {
            int o = i % outputs, pixel = i / outputs, px = pixel % width, py = pixel / width % height;
            double sum = 0;
            for (int tap = 0; tap < 9; tap++)
            {
                int tx = px + (tap % 3) - 1, ty = py + (tap / 3) - 1;
                if (tx < 0 || tx >= width || ty < 0 || ty >= height) continue;
                int at = (pixel + ((ty - py) * width) + tx - px) * channels;
                for (int c = 0; c < channels; c++) sum += (double)x[at + c] * filter[(((o * 9) + tap) * channels) + c];
            }

            Assert.That(actual[i], Is.EqualTo((float)sum), $"output {i}");
        }
    }

    public struct GatherMmaArgs
    {
        public ulong X;
        public ulong Filter;
        public ulong Y;
        public int Batch;
        public int Height;
        public int Width;
        public int Channels;
        public int Outputs;
        public int Reserved;
    }
}
