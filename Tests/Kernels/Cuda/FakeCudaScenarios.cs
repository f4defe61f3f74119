using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>
/// What <see cref="FakeCudaTests"/> runs, each method on its own. The make-believe driver runs copies and kernels as late as it may
/// and graphs in an order of its own, so results that are right say that the waits and the edges are.
/// </summary>
public static partial class FakeCudaScenarios
{
    private static readonly GpuKernel Axpy = new("Tests/Kernels/Cuda/fake.cu", "axpy", typeof(AxpyArgs));
    private static readonly GpuKernel Scale = new("Tests/Kernels/Cuda/fake.cu", "scale", typeof(ScaleArgs));
    private static readonly GpuKernel Crash = new("Tests/Kernels/Cuda/fake.cu", "crash", typeof(ScaleArgs));

    static FakeCudaScenarios() => KernelSource.AddAssembly(typeof(FakeCudaScenarios).Assembly);

    public static void LargeCopiesGoThroughTheTwoHalvesIntact()
    {
        using var device = Open();
        var data = new byte[11_000_003];
        new Random(1).NextBytes(data);
        using var buffer = device.Allocate(data.Length + 100, "data");
        device.Upload<byte>(data, buffer.Range(50, data.Length));
        device.Upload<byte>(data.AsSpan(0, 7), buffer.Range(50, 7));
        var back = new byte[data.Length];
        device.Download<byte>(buffer.Range(50, data.Length), back);
        Assert.That(back.AsSpan().SequenceEqual(data));
        device.Upload<byte>([], buffer.All);
    }

    public static void LaunchesCarryTheStructAndTheShape()
    {
        using var device = Open();
        using var x = Fill(device, [1, 2, 3]);
        using var y = Fill(device, [10, 20, 30]);
        RunAxpy(device, y, x, 2, new LaunchShape(7, 3, 2, 128, SharedBytes: 100_000));
        RunAxpy(device, y, x, 1, new LaunchShape(4, 1, 1, 64, Cooperative: true));
        Assert.That(Read(y), Is.EqualTo(new float[] { 13, 26, 39 }));

        var launch = FakeCuda.Launch(0);
        Assert.Multiple(() =>
        {
            Assert.That(launch.Name, Is.EqualTo("axpy"));
            Assert.That(launch.Shape, Is.EqualTo(new uint[] { 7, 3, 2, 128, 1, 1 }));
            Assert.That(launch.SharedBytes, Is.EqualTo(100_000));
            Assert.That(launch.Cooperative, Is.False);
            Assert.That(MemoryMarshal.Read<AxpyArgs>(launch.Args), Is.EqualTo(new AxpyArgs { Y = y.All.Address, X = x.All.Address, N = 3, S = 2 }));
            Assert.That(FakeCuda.Launch(1).Cooperative, Is.True);
        });
    }

    public static void AGraphKeepsTheOrderThatTheDeclarationsAskFor()
    {
        using var device = Open();
        using var x = Fill(device, [1, 2]);
        using var y = Fill(device, [10, 20]);
        using var z = Fill(device, [100, 200]);
        device.BeginCapture();
        RunScale(device, x, 2);                                                      // 0: x = 2, 4
        RunAxpy(device, y, x, 1);                                                    // 1: y += x
        RunAxpy(device, z, x, 3);                                                    // 2: z += 3 x, beside 1
        RunScale(device, x, 5, new LaunchShape(1, 1, 1, 32, 60_000, Cooperative: true)); // 3: after 1 and 2
        RunAxpy(device, y, z, 1);                                                    // 4: after 1 and 2, beside 3
        using (var step = device.EndCapture())
        {
            Assert.That(FakeCuda.LaunchCount, Is.Zero, "a capture runs nothing");
            Assert.That(FakeCuda.Edges, Is.EquivalentTo(new[] { (0, 1), (0, 2), (1, 3), (2, 3), (1, 4), (2, 4) }));
            float[] hx = [1, 2], hy = [10, 20], hz = [100, 200];
            for (int replay = 0; replay < 2; replay++)
            {
                step.Replay();
                for (int i = 0; i < 2; i++)
                {
                    hx[i] *= 2;
                    hy[i] += hx[i];
                    hz[i] += 3 * hx[i];
                    hx[i] *= 5;
                    hy[i] += hz[i];
                }

                Assert.That((Read(x), Read(y), Read(z)), Is.EqualTo((hx, hy, hz)));
            }

            Assert.That(FakeCuda.LaunchCount, Is.EqualTo(10));
            Assert.That(Enumerable.Range(0, 10).Select(FakeCuda.Launch).Count(launch => launch.Cooperative && launch.SharedBytes == 60_000), Is.EqualTo(2));
            Assert.That(FakeCuda.Live(FakeCuda.Kind.Graph), Is.Zero, "the description goes once the graph can be run");
            Assert.That(FakeCuda.Live(FakeCuda.Kind.Exec), Is.EqualTo(1));
        }

        Assert.That(FakeCuda.Live(FakeCuda.Kind.Exec), Is.Zero);
    }

    public static void AnEmptyStepCanBeReplayed()
    {
        using var device = Open();
        device.BeginCapture();
        using var step = device.EndCapture();
        step.Replay();
    }

    public static void DisposingGivesEverythingBackWhateverTheOrder()
    {
        var device = Open();
        Assert.That(CudaDriver.LiveHandles, Is.GreaterThan(0));
        var x = Fill(device, [1, 2]);
        RunScale(device, x, 2);
        device.BeginCapture();
        RunScale(device, x, 2);
        var step = device.EndCapture();
        step.Replay();
        device.Dispose(); // work under way, a graph alive, a buffer not freed
        ExpectNothingLeft();
        step.Dispose();
        x.Dispose();
        ExpectNothingLeft();
        Assert.That(CudaDriver.LeakedHandles, Is.Zero);
        Assert.Throws<ObjectDisposedException>(() => device.Allocate(1, "late"));
    }

    public static void AFailedOpenGivesEverythingBack()
    {
        foreach (string function in (string[])["cuStreamCreate", "cuMemHostAlloc", "cuEventCreate", "cuCtxSetCurrent"])
        {
            FakeCuda.Reset();
            FakeCuda.Fail(function, 999);
            Assert.That(() => CudaDriver.Open(cache: NoCache()), Throws.TypeOf<CudaException>().With.Message.Contains(function));
            ExpectNothingLeft();
        }
    }

    public static void EveryDriverAndThreadMakesItsOwnContextCurrent()
    {
        using (var first = Open())
        {
            FakeCuda.Machine(devices: 2);
            using var second = new GpuDevice(CudaDriver.Open(1, NoCache()));
            using var x = Fill(first, [1]);
            using var y = Fill(second, [2]);
            RunScale(first, x, 3);
            RunScale(second, y, 3);
            var thread = new Thread(() => RunScale(first, x, 5));
            thread.Start();
            thread.Join();
            Assert.That((Read(x)[0], Read(y)[0]), Is.EqualTo((15f, 6f)));
        }

        ExpectNothingLeft(); // a handle made in the wrong context could not be given back
    }

    public static void OutOfMemoryIsSaidWithSizes()
    {
        using var device = Open(memory: 1 << 20);
        using var half = device.Allocate(1 << 19, "half");
        Assert.That(() => device.Allocate(1 << 20, "too much"),
            Throws.TypeOf<EngineException>().With.Message.Contains("'too much' asks for 1,048,576 bytes").And.Message.Contains("524,288"));
        using var again = device.Allocate(1 << 18, "less"); // the device goes on
        Assert.That(((CudaDriver)device.Driver).DeviceMemory(), Is.EqualTo((1L << 18, 1L << 20)));
    }

    public static void AFailedLaunchNamesTheKernelAndItsShape()
    {
        using var device = Open();
        using var x = Fill(device, [1]);
        FakeCuda.Fail("cuModuleLoadDataEx", 222);
        var error = Assert.Throws<CudaException>(() => RunScale(device, x, 1))!;
        Assert.That(error.Message, Does.Contain("update the driver").And.Contain("fake.cu").And.Contain("a log"));
        error = Assert.Throws<CudaException>(() => RunScale(device, x, 1, new LaunchShape(1, 1, 1, 2048)))!;
        Assert.That(error.Message, Does.Contain("scale").And.Contain("block 2048").And.Contain("cuLaunchKernel"));
        error = Assert.Throws<CudaException>(() => RunScale(device, x, 1, new LaunchShape(1, 1, 1, 32, SharedBytes: 300_000)))!;
        Assert.That(error.Message, Does.Contain("300000 bytes of dynamic shared memory"));
    }

    public static void AKernelThatFailsOnTheGpuIsReportedAndTheDeviceStillCloses()
    {
        using (var device = Open())
        {
            using var x = Fill(device, [1]);
            var args = new ScaleArgs { X = x.All.Address, N = 1, S = 1 };
            device.Launch(Crash, LaunchShape.Linear(1, 32), ref args, [Access.Update(x.All)]);
            var error = Assert.Throws<CudaException>(device.Synchronize)!;
            Assert.That(error.Message, Does.Contain("an illegal memory access").And.Contain("GENENGINE_CUDA_SYNC=1").And.Contain("--device simt --check"));
        }

        FakeCuda.Reset();
        Environment.SetEnvironmentVariable("GENENGINE_CUDA_SYNC", "1");
        try
        {
            using var device = Open();
            using var x = Fill(device, [1]);
            var args = new ScaleArgs { X = x.All.Address, N = 1, S = 1 };
            RunScale(device, x, 2);
            Assert.That(() => device.Launch(Crash, LaunchShape.Linear(1, 32), ref args, [Access.Update(x.All)]),
                Throws.TypeOf<CudaException>().With.Message.Contains("crash, grid 1x1x1"), "waiting for each launch names the kernel");
        }
        finally
        {
            Environment.SetEnvironmentVariable("GENENGINE_CUDA_SYNC", null);
        }
    }

    public static void ACSharpStructOfAnotherSizeIsRefused()
    {
        using var device = Open();
        using var x = Fill(device, [1]);
        var wrong = new GpuKernel("Tests/Kernels/Cuda/fake.cu", "scale", typeof(AxpyArgs));
        var args = new AxpyArgs { Y = x.All.Address, N = 1 };
        Assert.That(() => device.Launch(wrong, LaunchShape.Linear(1, 32), ref args, [Access.Update(x.All)]),
            Throws.TypeOf<EngineException>().With.Message.Contains("has 24 bytes, the C# struct AxpyArgs 32"));
    }

    public static void EntriesOfOneFileShareAModule()
    {
        using var device = Open();
        using var x = Fill(device, [1]);
        using var y = Fill(device, [1]);
        RunScale(device, x, 1);
        RunAxpy(device, y, x, 1);
        Assert.That(FakeCuda.Live(FakeCuda.Kind.Module), Is.EqualTo(1));
        Assert.That(((CudaDriver)device.Driver).Compiler.CompiledCount, Is.EqualTo(1));
    }

    public static void GridsFollowTheCard()
    {
        using var device = Open();
        var driver = device.Driver;
        Assert.Multiple(() =>
        {
            Assert.That((driver.Arch, driver.MultiprocessorCount), Is.EqualTo((80, 108)));
            Assert.That(driver.GridStrideBlocks(1, 256), Is.EqualTo(1));
            Assert.That(driver.GridStrideBlocks(257, 256), Is.EqualTo(2));
            Assert.That(driver.GridStrideBlocks(1L << 40, 256), Is.EqualTo(108 * 8));
            Assert.That(driver.ResidentBlocks(Scale, 512, 0), Is.EqualTo(108 * 4));
            Assert.That(driver.ResidentBlocks(Scale, 512, 100_000), Is.EqualTo(108 * 4));
            Assert.That(driver.Description, Does.Contain("Fake GPU, sm_80, 108 SMs, 1.0 GiB, CUDA 12.4, NVRTC"));
        });
        using var x = Fill(device, [1]);
        Assert.That(device.Time(() => RunScale(device, x, 1)), Is.EqualTo(1.5f));
    }

    public static void MachinesThatWillNotDoAreRefusedWithTheReason()
    {
        Refused(() => FakeCuda.Machine(devices: 0), "NO_DEVICE", "nvidia-smi");
        Refused(() => FakeCuda.Machine(version: 11040), "CUDA 11.4 at most", "11.8");
        Refused(() => FakeCuda.Machine(arch: 61), "sm_61", "7.5");
        Refused(() => FakeCuda.Fail("cuInit", 803), "driver", "restart");
        Refused(() => { }, "no GPU 5", "shows 1", ordinal: 5);
        if (NvrtcCompiler.Load().Version.Major > 11) Refused(() => FakeCuda.Machine(version: 11080), "CUDA 11 at most", "Update the driver");
    }

    public static void AGpuThatNvrtcDoesNotKnowGetsPtx()
    {
        using var device = Open(arch: 999);
        using var x = Fill(device, [2]);
        RunScale(device, x, 4);
        Assert.That(Read(x), Is.EqualTo(new float[] { 8 }));
    }

    public static void TheReportListsDriverNvrtcAndCards()
    {
        FakeCuda.Reset();
        FakeCuda.Machine(devices: 2);
        var report = CudaDriver.Probe();
        TestContext.Out.WriteLine(report);
        Assert.Multiple(() =>
        {
            Assert.That(report.IsUsable);
            Assert.That(report.CudaVersion, Is.EqualTo(new Version(12, 4)));
            Assert.That(report.Devices, Has.Count.EqualTo(2));
            Assert.That(report.ToString(), Does.Contain("cuda:1  Fake GPU").And.Contain("libfakecuda.so").And.Contain("NVRTC"));
        });
        FakeCuda.Machine(devices: 0);
        report = CudaDriver.Probe();
        Assert.That(report.IsUsable, Is.False);
        Assert.That(report.ToString(), Does.Contain("CUDA_VISIBLE_DEVICES"));
        ExpectNothingLeft();
    }

    private static void Refused(Action machine, string what, string fix, int ordinal = 0)
    {
        FakeCuda.Reset();
        machine();
        Assert.That(() => CudaDriver.Open(ordinal), Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains(what).And.Message.Contains(fix));
        ExpectNothingLeft();
    }

    private static CubinCache NoCache() => new(Directory.CreateTempSubdirectory("genengine-cubin").FullName);

    private static GpuDevice Open(long memory = 1 << 30, int arch = 80)
    {
        FakeCuda.Reset();
        FakeCuda.Machine(memory: memory, arch: arch);
        return new GpuDevice(CudaDriver.Open(cache: NoCache()));
    }

    private static void ExpectNothingLeft()
    {
        foreach (var kind in Enum.GetValues<FakeCuda.Kind>()) Assert.That(FakeCuda.Live(kind), Is.Zero, kind.ToString());
        Assert.That(CudaDriver.LiveHandles, Is.Zero);
    }

    private static DeviceBuffer Fill(GpuDevice device, float[] values)
    {
        var buffer = device.Allocate(values.Length * sizeof(float), "values");
        device.Upload<float>(values, buffer.All);
        return buffer;
    }

    private static float[] Read(DeviceBuffer buffer)
    {
        var values = new float[buffer.Bytes / sizeof(float)];
        buffer.Device.Download<float>(buffer.All, values);
        return values;
    }

    private static void RunAxpy(GpuDevice device, DeviceBuffer y, DeviceBuffer x, float s, LaunchShape? shape = null)
    {
        var args = new AxpyArgs { Y = y.All.Address, X = x.All.Address, N = x.Bytes / sizeof(float), S = s };
        device.Launch(Axpy, shape ?? LaunchShape.Linear(1, 256), ref args, ReferenceEquals(x, y) ? [Access.Update(y.All)] : [Access.Update(y.All), Access.Read(x.All)]);
    }

    private static void RunScale(GpuDevice device, DeviceBuffer x, float s, LaunchShape? shape = null)
    {
        var args = new ScaleArgs { X = x.All.Address, N = x.Bytes / sizeof(float), S = s };
        device.Launch(Scale, shape ?? LaunchShape.Linear(1, 256), ref args, [Access.Update(x.All)]);
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct AxpyArgs
    {
        public ulong Y;
        public ulong X;
        public long N;
        public float S;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ScaleArgs
    {
        public ulong X;
        public long N;
        public float S;
    }
}
