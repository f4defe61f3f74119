using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels;

/// <summary>Probes and clocks around launches, on every device, eager and replayed.</summary>
public sealed class LaunchProfileTests
{
    [Test]
    public void EagerAndReplayedLaunchesAreSeenAlike([EachDevice] TestDevice target)
    {
        var device = target.Open();
        using var x = new DeviceArray(device, DType.Float32, [1, -2, 3]);
        using var y = new DeviceArray(device, DType.Float32, 3);
        void Work()
        {
            device.Enter("double");
            Unary.Run(device, DType.Float32, UnaryOp.Affine, x, y, 3, p0: 2);
            device.Enter("relu", backward: true);
            Unary.Run(device, DType.Float32, UnaryOp.Relu, y, y, 3);
        }

        using var profile = new LaunchProfile(device);
        profile.Run(1, Work);
        device.BeginCapture();
        Work();
        using var step = device.EndCapture();
        profile.Run(2, step.Replay);
        step.Replay();
        Work();

        var launches = profile.Launches;
        Assert.That(launches.Select(launch => (launch.Step, launch.Label.ToString())), Is.EqualTo(new[] { (1L, "double"), (1L, "relu backward"), (2L, "double"), (2L, "relu backward") }));
        Assert.That(launches.Select(launch => (launch.Work.BytesRead, launch.Work.BytesWritten)), Is.EqualTo(new[] { (12L, 12L), (12L, 12L), (12L, 12L), (12L, 12L) }), "read and written; updated in place");
        Assert.That(launches.Select(launch => launch.Extents), Is.All.EqualTo("N=3 Quads=0"));
        Assert.That(launches.Select(launch => launch.Kernel), Is.All.StartsWith("unary"));
        Assert.That(launches.Select(launch => launch.Shape.BlockX), Is.All.EqualTo(device.Kind == DeviceKind.Cpu ? 0 : 256));
        double last = 0;
        foreach (var launch in launches)
        {
            Assert.That(launch.Start, Is.GreaterThanOrEqualTo(last));
            Assert.That(launch.End, Is.GreaterThanOrEqualTo(launch.Start));
            last = launch.End;
        }

        Assert.That(y.Read(), Is.EqualTo(new[] { 2.0, 0, 6 }));
        Assert.That(device.Probe, Is.Null);
    }

    [Test]
    public void AProductSaysItsArithmetic()
    {
        using var device = new GpuDevice(new DryDriver());
        using var a = new DeviceArray(device, DType.Float32, new double[6]);
        using var b = new DeviceArray(device, DType.Float32, new double[12]);
        using var c = new DeviceArray(device, DType.Float32, 8);
        using var profile = new LaunchProfile(device);
        profile.Run(1, () => GenEngine.Kernels.MatMul.MatMul.Run(device, DType.Float32, MatMulOp.NN, new MatMulShape(1, 2, 4, 3), a, b, null, c));
        Assert.That(profile.Launches.Single().Work.Flops, Is.EqualTo(2.0 * 2 * 4 * 3));
    }

    /// <summary>A mask's taps are left out; what adds the chunks of a filter gradient is no product.</summary>
    [Test]
    public void ConvolutionsSayTheirs([Values] Precision precision)
    {
        using var device = new GpuDevice(new DryDriver()) { Precision = precision };
        using var program = new ConvProgram(device, ConvPlan.Create(ConvSpec.Masked(ConvMask.B, 3), new ConvImage(5, 6, 8), 12));
        using var x = new DeviceArray(device, DType.Float32, 2 * 5 * 6 * 8);
        using var y = new DeviceArray(device, DType.Float32, 2 * 5 * 6 * 12);
        using var w = new DeviceArray(device, DType.Float32, 9 * 8 * 12);
        using var scratch = device.Allocate(ConvWeight.ScratchBytes(device, DType.Float32, program, 2), "scratch");
        using var profile = new LaunchProfile(device);
        profile.Run(1, () => Conv.Run(device, DType.Float32, program, 2, x, w, y));
        profile.Run(2, () => ConvWeight.Run(device, DType.Float32, program, 2, x, y, w, scratch.All));
        const double Products = 2 * 5 * 6 * 8 * 12 * 5; // five of nine taps
        Assert.That(profile.Launches.Select(launch => launch.Work.Flops), Is.EqualTo(new[] { 2 * Products, 2 * Products, 0 }));
    }

    /// <summary>Columns 2 to 4 of rows of 8, into rows of 3: a stretch of 3 rows is declared, its three columns are counted.</summary>
    [Test]
    public void ABlockOfColumnsCountsWhatItTouches([Values] bool accumulate)
    {
        using var device = new CpuDevice();
        using var x = new DeviceArray(device, DType.Float32, new double[24]);
        using var y = new DeviceArray(device, DType.Float32, new double[9]);
        using var profile = new LaunchProfile(device);
        profile.Run(1, () => CopyBlock.Run(device, DType.Float32, x, y, 3, 3, 8, 2, 3, 0, accumulate));
        Assert.That((profile.Launches.Single().Work.BytesRead, profile.Launches.Single().Work.BytesWritten), Is.EqualTo((accumulate ? 72L : 36L, 36L)));
    }

    [Test]
    public void AFailureInsideLeavesNobodyWatching()
    {
        using var device = new GpuDevice(new DryDriver());
        using var profile = new LaunchProfile(device);
        Assert.That(() => profile.Run(1, () => throw new EngineException("inside")), Throws.TypeOf<EngineException>());
        Assert.That(device.Probe, Is.Null);
        device.Probe = profile;
        Assert.That(() => profile.Run(2, () => { }), Throws.InvalidOperationException);
    }

    [Test]
    public void AnArgumentBlockIsTakenApart()
    {
        var args = new LadderArgs { A = 0xAB, B = 2, C = 3, M = 4, N = 5, K = -6 };
        var fields = ArgumentBlock.Fields(args);
        Assert.That(fields.Select(field => (field.Name, field.Offset, field.Text, field.IsPointer)), Is.EqualTo(new[]
        {
            ("A", 0L, "0xab", true), ("B", 8L, "0x2", true), ("C", 16L, "0x3", true), ("M", 24L, "4", false), ("N", 32L, "5", false), ("K", 40L, "-6", false),
        }));
        Assert.That(ArgumentBlock.Extents(args), Is.EqualTo("M=4 N=5 K=-6"));
    }
}
