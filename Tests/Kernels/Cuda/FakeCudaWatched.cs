using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>Scenarios of launches that are timed or replaced, and of what the driver says of the card.</summary>
public static partial class FakeCudaScenarios
{
    public static void AProfileTakesTheTimeBetweenEvents()
    {
        using (var device = Open())
        {
            using var x = Fill(device, [1, 2]);
            using var y = Fill(device, [10, 20]);
            device.BeginCapture();
            device.Enter("twice");
            RunScale(device, x, 2);
            device.Enter("add", backward: true);
            RunAxpy(device, y, x, 1);
            using var step = device.EndCapture();
            using var profile = new LaunchProfile(device);
            profile.Run(1, step.Replay);
            profile.Run(2, () => RunScale(device, x, 3));
            step.Replay(); // as a graph again
            var launches = profile.Launches;
            Assert.Multiple(() =>
            {
                Assert.That(launches.Select(launch => (launch.Step, launch.Kernel, launch.Label.ToString())), Is.EqualTo(new[] { (1L, "scale", "twice"), (1L, "axpy", "add backward"), (2L, "scale", "add backward") }));
                Assert.That(launches.Select(launch => launch.End - launch.Start), Is.All.EqualTo(1500));
                Assert.That(launches.Select(launch => launch.Start), Is.EqualTo(new[] { 0.0, 1500, 3000 }));
                Assert.That(profile.Steps.Select(one => (one.Start, one.End)), Is.EqualTo(new[] { (0.0, 3000.0), (3000.0, 4500.0) }));
                Assert.That((launches[1].Work.BytesRead, launches[1].Work.BytesWritten, launches[1].Extents), Is.EqualTo((16, 8, "N=2")));
                Assert.That((Read(x), Read(y)), Is.EqualTo((new float[] { 12, 24 }, new float[] { 24, 48 })), "x: 2, 6, 12; y: 10 + 2, + 12");
            });
        }

        ExpectNothingLeft();
    }

    public static void TheCardsRoofComesFromItsClocks()
    {
        using var device = Open();
        var card = ((CudaDriver)device.Driver).Device;
        Assert.That((card.FlopsPerSecond, card.BytesPerSecond), Is.EqualTo((19.49184e12, 1.5552e12)), "an A100's: 108 x 64 x 2 x 1.41 GHz; 5120 bits, twice 1.215 GHz");
    }

    public static void AnotherKernelRunsInPlaceOfOne()
    {
        FakeCuda.Reset();
        using var device = new GpuDevice(CudaDriver.Open(cache: NoCache()), kernel => kernel == Crash ? Scale : kernel);
        using var x = Fill(device, [1, 2]);
        var args = new ScaleArgs { X = x.All.Address, N = 2, S = 5 };
        device.Launch(Crash, LaunchShape.Linear(1, 32), ref args, [Access.Update(x.All)]);
        Assert.That(Read(x), Is.EqualTo(new float[] { 5, 10 }));
        Assert.That(FakeCuda.Launch(0).Name, Is.EqualTo("scale"));
    }
}
