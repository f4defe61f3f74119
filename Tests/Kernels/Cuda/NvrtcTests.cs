using System.Globalization;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>NVRTC itself: machine code for GPUs that are not here, what the log says of it, and errors that a person can act on.</summary>
[Parallelizable]
public class NvrtcTests
{
    private const string Axpy = """
        struct Args { float* y; const float* x; long long n; float s; };
        extern "C" __global__ void __launch_bounds__(256, 1) axpy(const __grid_constant__ Args a)
        {
            __shared__ float tile[256];
            long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
            tile[threadIdx.x] = i < a.n ? a.x[i] : 0.0f;
            __syncthreads();
            if (i < a.n) a.y[i] = tile[threadIdx.x] * a.s + a.y[i];
        }
        """;

    private NvrtcCompiler _nvrtc = null!;

    /// <summary>NVRTC, or a skipped test that says how to get it.</summary>
    internal static NvrtcCompiler Require()
    {
        try
        {
            return NvrtcCompiler.Load();
        }
        catch (DeviceUnavailableException e)
        {
            Assert.Ignore(e.Message);
            throw;
        }
    }

    [OneTimeSetUp]
    public void Load()
    {
        _nvrtc = Require();
        TestContext.Progress.WriteLine($"NVRTC {_nvrtc.Version} from {_nvrtc.LibraryPath}");
    }

    [TestCase("sm_75")]
    [TestCase("sm_80")]
    [TestCase("sm_86")]
    [TestCase("sm_89")]
    [TestCase("sm_90")]
    [TestCase("sm_90a")]
    public void CompilesToMachineCodeForEveryArchitecture(string arch)
    {
        var kernel = Compile(Axpy, CudaArch.Parse(arch)).Find("axpy")!;
        Assert.Multiple(() =>
        {
            Assert.That(kernel.Cubin.AsSpan(1, 3).SequenceEqual("ELF"u8), "a cubin is an ELF file");
            Assert.That(kernel.Registers, Is.InRange(4, 64));
            Assert.That(kernel.SharedBytes, Is.EqualTo(1024));
            Assert.That(kernel.SpillBytes, Is.Zero);
            Assert.That(kernel.ArgumentBytes, Is.EqualTo(32), "two pointers, a long, a float and padding");
        });
    }

    [Test]
    public void SpillsAndStackAreSeen()
    {
        const string Hungry = """
            struct Args { float* x; int n; };
            extern "C" __global__ void __launch_bounds__(1024, 2) hungry(const __grid_constant__ Args a)
            {
                float r[128];
                #pragma unroll
                for (int i = 0; i < 128; i++) r[i] = a.x[i];
                for (int k = 0; k < a.n; k++)
                {
                    #pragma unroll
                    for (int i = 0; i < 128; i++) r[i] = fmaf(r[i], r[(i * 7 + 3) & 127], a.x[k]);
                }
                #pragma unroll
                for (int i = 0; i < 128; i++) a.x[i] = r[i];
            }
            """;
        var kernel = Compile(Hungry, CudaArch.Sm(80)).Find("hungry")!;
        Assert.That(kernel.Registers, Is.EqualTo(32), "1024 threads and two blocks an SM leave 32 registers");
        Assert.That(kernel.SpillBytes, Is.GreaterThan(100));
        Assert.That(kernel.StackBytes, Is.GreaterThan(100));
    }

    [Test]
    public void ProductsAndSumsAreNotContracted()
    {
        var module = Compile(Axpy, CudaArch.Compute(80));
        string ptx = System.Text.Encoding.UTF8.GetString(module.Image);
        Assert.That(ptx, Does.Contain("mul").And.Not.Contain("fma.rn.f32"), "the summation law needs -fmad=false");
        Assert.That(module.Image[^1], Is.Zero, "the driver reads PTX up to a zero");
    }

    [Test]
    public void CommentsDoNotChangeTheMachineCode()
    {
        byte[] plain = Compile(Axpy, CudaArch.Sm(90)).Image;
        byte[] commented = _nvrtc.Compile("another name.cu", "// a comment\n\n" + Axpy.Replace("tile[256];", "tile[256]; // and one here\n\n"), [], CudaArch.Sm(90)).Image;
        Assert.That(commented, Is.EqualTo(plain));
    }

    [Test]
    public void DefinesReachTheSource()
    {
        const string Source = "extern \"C\" __global__ void KNAME(const __grid_constant__ SIZE a) { }";
        var module = _nvrtc.Compile("define.cu", Source, ["KNAME=named", "SIZE=double"], CudaArch.Sm(75));
        Assert.That(module.Entries.Single().Entry, Is.EqualTo("named"));
    }

    [Test]
    public void AnUnknownGpuGetsPtxOfTheNewestKnownOne()
    {
        int newest = _nvrtc.SupportedArchs[^1];
        Assert.That(_nvrtc.TargetFor(newest), Is.EqualTo(CudaArch.Sm(newest)));
        var target = _nvrtc.TargetFor(990);
        Assert.That(target, Is.EqualTo(CudaArch.Compute(newest)));
        var kernel = Compile(Axpy, target).Find("axpy")!;
        Assert.That(System.Text.Encoding.UTF8.GetString(kernel.Cubin), Does.Contain($".target sm_{newest}"));
        Assert.That(kernel.ArgumentBytes, Is.EqualTo(32));
        Assert.That(() => _nvrtc.TargetFor(20), Throws.TypeOf<EngineException>().With.Message.Contains("sm_20"));
    }

    [Test]
    public void AnErrorShowsTheLogTheLinesAndTheOptions()
    {
        const string Broken = "#line 1 \"Common/help.cuh\"\nint helper()\n{\n    return missing;\n}\n#line 2 \"Family/op.cu\"\nint fine;\n";
        var error = Assert.Throws<EngineException>(() => _nvrtc.Compile("Family/op.cu", Broken, ["REAL=float"], CudaArch.Sm(80)))!;
        TestContext.Out.WriteLine(error.Message);
        Assert.That(error.Message, Does.Contain("Family/op.cu does not compile").And.Contain("Common/help.cuh(3): error")
            .And.Contain(">    3 |     return missing;").And.Contain("     2 | {").And.Contain("-DREAL=float").And.Contain("-fmad=false"));
    }

    [Test]
    public void AWrongOptionIsAnErrorToo() =>
        Assert.That(() => _nvrtc.Compile("k.cu", Axpy, [], CudaArch.Parse("sm_77")), Throws.TypeOf<EngineException>().With.Message.Contains("sm_77"));

    [Test]
    public void SeveralThreadsCompileAtOnceAndGetTheSameCode()
    {
        byte[] expected = Compile(Axpy, CudaArch.Sm(86)).Image;
        var results = new byte[8][];
        Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => results[i] = Compile(Axpy, CudaArch.Sm(86)).Image);
        Assert.That(results, Is.All.EqualTo(expected));
    }

    [TestCase("sm_80", 80, "", false)]
    [TestCase(" sm_90a ", 90, "a", false)]
    [TestCase("compute_120", 120, "", true)]
    [TestCase("90", 90, "", false)]
    public void ArchitecturesParse(string text, int number, string suffix, bool ptx) =>
        Assert.That(CudaArch.Parse(text), Is.EqualTo(new CudaArch(number, suffix, ptx)));

    [TestCase("")]
    [TestCase("sm_")]
    [TestCase("sm_8")]
    [TestCase("gfx90a")]
    [TestCase("sm_90b")]
    public void OtherTextsAreNoArchitecture(string text) =>
        Assert.That(() => CudaArch.Parse(text), Throws.TypeOf<EngineException>().With.Message.Contains(string.Create(CultureInfo.InvariantCulture, $"'{text}'")));

    private CompiledModule Compile(string source, CudaArch arch) => _nvrtc.Compile("test.cu", source, [], arch);
}
