using System.Text.RegularExpressions;
using GenEngine.Bench;
using GenEngine.Bench.UserKernels;
using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Tests.Kernels.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>kernels show: source, PTX, launches.</summary>
public sealed class KernelsShowTests
{
    [TestCase("unary.cu"), TestCase("Elementwise/unary.cu"), TestCase("unary_backward"), TestCase("unary<OP=3,REAL=float>"), TestCase("unary<OP=3>")]
    public void TheSourceHasItsIncludesInPlaceAndItsOwnLineNumbers(string name)
    {
        var run = ConsoleRun.Of("kernels", "show", name, "--source");
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        Assert.That(run.Out, Does.StartWith("--- Elementwise/unary.cu\n    1 | // unary.cu").And.Contain("--- Common/prelude.cuh\n    1 | // prelude.cuh").And.Not.Contain("Simt/simt.h\n"));
        Assert.That(Regex.IsMatch(run.Out, @"^ +\d+ \| KERNEL\(unary, UnaryArgs, 256, 1\)$", RegexOptions.Multiline));
        Assert.That(run.Out, Is.EqualTo(ConsoleRun.Of("kernels", "show", name).Out), "the source is what is shown when nothing else is asked for");
    }

    [Test]
    public void TheHostsCompilerSeesTheEmulatorToo() =>
        Assert.That(ConsoleRun.Of("kernels", "show", "unary.cu", "--emulator").Out, Does.Contain("--- Devices/Gpu/Simt/simt.h\n"));

    [Test]
    public void ThePtxIsThatOfTheArchitecture()
    {
        NvrtcTests.Require();
        var run = ConsoleRun.Of("kernels", "show", "unary<OP=3,REAL=float>", "--ptx", "--arch", "sm_86");
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        Assert.That(run.Out, Does.Contain(".target sm_86").And.Contain(".visible .entry unary("));
        Assert.That(run.Out, Has.None.EqualTo('\0'));
        run = ConsoleRun.Of("kernels", "show", "unary", "--ptx");
        Assert.That(run.Error, Does.Contain("variants have this name; this is unary<OP=0"));
        Assert.That(run.Out, Does.Contain(".target sm_80"));
    }

    [Test]
    public void ALaunchIsShownFieldByField()
    {
        var run = ConsoleRun.Of("kernels", "show", "matmul", "--launch", "--like", "Linear 37x50->20");
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        Assert.That(run.Out, Does.Contain("op case Linear 37x50->20 Relu, float: 3 launches").And.Contain("MatMul/matmul.cu, grid 3 x 1 x 1, block 128, dynamic shared memory 0 bytes")
            .And.Contain("argument block MatMulArgs, 104 bytes").And.Contain("\n     48  M              37\n").And.Contain("\n     72  Slope          0.1\n").And.Contain("for linear backward"));
        Assert.That(run.Out, Does.Match(@"\n      0  A              0x[0-9a-f]+  \(read, 7400 bytes\)\n").And.Match("written  0x[0-9a-f]+, 2960 bytes: step arena chunk 0"));
    }

    [Test]
    public void AnOpCaseShowsAllItsLaunches()
    {
        var run = ConsoleRun.Of("kernels", "show", "GaussianKl", "--launch", "--precision", "float64");
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        Assert.That(run.Out, Does.Contain("gaussian_kl_forward<REAL=double>").And.Contain("gaussian_kl_backward<REAL=double>").And.Contain("Loss/gaussian_kl.cu"));
    }

    /// <summary>What is shown without running it is what the emulator is asked to run.</summary>
    [Test]
    public void ScannedLaunchesAreThoseThatRun()
    {
        BenchShapeTests.RequireSimt();
        foreach (var test in OpCases.All.Where((_, i) => i % 5 == 0))
        {
            var device = TestDevices.Simt!;
            var watch = new Watch();
            device.Probe = watch;
            try
            {
                if (test.Differentiable) OpCaseRunner.ForwardAndBackward(test, device, DType.Float32);
                else OpCaseRunner.Forward(test, device, DType.Float32);
            }
            finally
            {
                device.Probe = null;
            }

            var scanned = LaunchScan.Of(test, DType.Float32).Select(launch => (launch.Kernel, launch.Shape, ArgumentBlock.Extents(launch.Block)));
            Assert.That(watch.Seen.Distinct(), Is.EquivalentTo(scanned.Distinct()), test.Name);
        }
    }

    [TestCase("kernels show mutmal", "Unknown kernel 'mutmal'. Did you mean 'matmul'?")]
    [TestCase("kernels show matmul<OP=7>", "'matmul' has no variant 'matmul<OP=7>'")]
    [TestCase("kernels show Linaer --launch", "Unknown kernel 'Linaer'")]
    [TestCase("kernels show matmul --launch --like Linaer", "Unknown op case 'Linaer'. Did you mean 'Linear'?")]
    [TestCase("kernels show matmul --ptx --arch sm_8x", "'sm_8x' is no GPU architecture")]
    [TestCase("kernels show matmul --ptx --source", "give one of them")]
    [TestCase("kernels show", "Required argument missing")]
    public void BadLinesAreAnswered(string line, string expected)
    {
        var run = ConsoleRun.Of(line.Split(' '));
        Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Usage, "")));
        Assert.That(run.Error, Does.Contain(expected));
    }

    [TestCase("adam", "", "No op case launches 'adam' in float.")]
    [TestCase("adam", "--like Tanh", "None of the ")]
    public void AKernelThatNoOpCaseLaunchesIsSaidSo(string name, string more, string expected)
    {
        var run = ConsoleRun.Of(["kernels", "show", name, "--launch", .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain(expected));
    }

    private sealed unsafe class Watch : ILaunchProbe
    {
        public List<(string, LaunchShape, string)> Seen { get; } = [];

        public void Begin(in LaunchNote launch) =>
            Seen.Add((launch.Kernel, launch.Shape, ArgumentBlock.Extents(ArgumentBlock.Box(launch.ArgsType, new ReadOnlySpan<byte>(launch.Args, launch.ArgBytes)))));

        public void End() { }
    }
}
