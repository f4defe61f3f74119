using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Simt;

/// <summary>Compilers, the object cache, source loading, the argument check, threads.</summary>
public class BuildTests
{
    private const string Probe = "Tests/Kernels/Simt/probe.cu";
    private const string Answer = "extern \"C\" int answer() { return 42; }\n";

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("genengine-simt-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_missing_compiler_says_how_to_install_one()
    {
        var thrown = Assert.Throws<DeviceUnavailableException>(() => CompilerFinder.Find("/no/such/g++"));
        Assert.That(thrown!.Message, Does.Contain("/no/such/g++").And.Contains("GENENGINE_CXX").And.Contains("install"));
    }

    [Test]
    public void Something_that_is_no_compiler_is_refused()
    {
        var thrown = Assert.Throws<DeviceUnavailableException>(() => CompilerFinder.Find("/bin/false"));
        Assert.That(thrown!.Message, Does.Contain("/bin/false"));
    }

    [Test]
    public void An_object_is_compiled_once_and_found_by_later_caches()
    {
        var compiler = Compiler();
        var first = new ObjectCache(_folder);
        string path = Get(first, compiler, Answer);
        Assert.That(Get(first, compiler, Answer), Is.EqualTo(path));
        var second = new ObjectCache(_folder);
        Assert.That(Get(second, compiler, Answer), Is.EqualTo(path));
        Assert.That((first.Compiled, second.Compiled), Is.EqualTo((1, 0)));
    }

    [Test]
    public void The_key_covers_text_options_and_compiler()
    {
        var compiler = Compiler();
        var cache = new ObjectCache(_folder);
        Get(cache, compiler, Answer);
        Get(cache, compiler, Answer + "// more\n");
        Get(cache, compiler with { Identity = "another version" }, Answer);
        cache.Get("answer", compiler, Answer, [.. HostCompiler.CommonOptions, "-DX=1"]);
        Assert.That(cache.Compiled, Is.EqualTo(4));
    }

    [TestCase("truncated")]
    [TestCase("altered")]
    [TestCase("empty")]
    public void A_damaged_entry_is_compiled_again(string damage)
    {
        var compiler = Compiler();
        string path = Get(new ObjectCache(_folder), compiler, Answer);
        byte[] content = File.ReadAllBytes(path), broken = (byte[])content.Clone();
        broken[broken.Length / 2] ^= 0x10;
        File.WriteAllBytes(path, damage switch { "truncated" => content[..(content.Length / 2)], "altered" => broken, _ => [] });
        var later = new ObjectCache(_folder);
        string mended = Get(later, compiler, Answer);
        Assert.That(later.Compiled, Is.EqualTo(1));
        Assert.That(Call(mended), Is.EqualTo(42));
    }

    [Test]
    public void Processes_that_compile_the_same_unit_at_once_agree()
    {
        var compiler = Compiler();
        string[] paths = new string[6];
        // a cache object each: they share nothing but the folder, as processes do
        Parallel.For(0, paths.Length, new ParallelOptions { MaxDegreeOfParallelism = paths.Length }, i => paths[i] = Get(new ObjectCache(_folder), compiler, Answer));
        foreach (string path in paths) Assert.That(Call(path), Is.EqualTo(42));
        Assert.That(Directory.EnumerateFiles(_folder, "*.tmp", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void A_refused_unit_shows_file_line_and_complaint()
    {
        var device = Open();
        var kernel = new GpuKernel(Probe, "map", typeof(SimtTests.MapArgs), "REAL=nonsense");
        var thrown = Assert.Throws<EngineException>(() => device.Driver.Load(kernel));
        Assert.That(thrown!.Message, Does.Contain("map<REAL=nonsense>").And.Contains(Probe).And.Contains("nonsense").And.Match(@"\.cuh?:\d+"));
        thrown = Assert.Throws<EngineException>(() => device.Prefetch([kernel, new GpuKernel(Probe, "map", typeof(SimtTests.MapArgs))]));
        Assert.That(thrown!.Message, Does.Contain("map<REAL=nonsense>"));
    }

    [Test]
    public void A_large_local_array_is_refused()
    {
        var device = Open();
        var thrown = Assert.Throws<EngineException>(() => device.Driver.Load(new GpuKernel("Tests/Kernels/Simt/large_frame.cu", "large_frame", typeof(SimtTests.MapArgs))));
        Assert.That(thrown!.Message, Does.Contain("large_frame.cu"));
    }

    [Test]
    public void Unknown_files_and_entries_are_named()
    {
        var device = Open();
        Assert.That(Assert.Throws<EngineException>(() => device.Driver.Load(new GpuKernel("No/such.cu", "x", typeof(int))))!.Message, Does.Contain("No/such.cu"));
        Assert.That(Assert.Throws<EngineException>(() => device.Driver.Load(new GpuKernel(Probe, "no_such", typeof(SimtTests.MapArgs))))!.Message,
            Does.Contain("KERNEL(no_such"));
    }

    [Test]
    public void Emulator_headers_stay_out_of_what_nvrtc_sees()
    {
        Assert.That(KernelSource.Load(Probe).Files.Select(file => file.Name), Is.EqualTo([Probe, "Common/prelude.cuh"]));
        Assert.That(KernelSource.Load(Probe, emulator: true).Files.Select(file => file.Name), Does.Contain("Devices/Gpu/Simt/simt.h"));
    }

    [Test]
    public void A_folder_of_sources_comes_before_the_embedded_ones()
    {
        string path = Path.Combine(_folder, Probe);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#include \"Common/prelude.cuh\"\n// from the folder\n");
        string? before = Environment.GetEnvironmentVariable("GENENGINE_KERNELS");
        Environment.SetEnvironmentVariable("GENENGINE_KERNELS", _folder);
        try
        {
            var source = KernelSource.Load(Probe);
            Assert.That(source.Text, Does.Contain("// from the folder").And.Contains($"#line 2 \"{Probe}\"").And.Contains("warp_sum_tree"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("GENENGINE_KERNELS", before);
        }
    }

    [Test]
    public void A_missing_include_names_the_line_that_wants_it()
    {
        string path = Path.Combine(_folder, "x.cu");
        File.WriteAllText(path, "// one\n#include \"No/such.cuh\"\n");
        Environment.SetEnvironmentVariable("GENENGINE_KERNELS", _folder);
        try
        {
            Assert.That(Assert.Throws<EngineException>(() => KernelSource.Load("x.cu"))!.Message, Does.Contain("x.cu:2").And.Contains("No/such.cuh"));
            File.WriteAllText(path, "#include \"\0Common/prelude.cuh\"\n");
            Assert.That(Assert.Throws<EngineException>(() => KernelSource.Load("x.cu"))!.Message, Does.Contain("x.cu:1"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("GENENGINE_KERNELS", null);
        }
    }

#pragma warning disable CS0649 // the structs exist for their layout
    private struct Renamed
    {
        public ulong X, Z;
        public long N;
        public float Slope;
    }

    private struct Swapped
    {
        public ulong Y, X;
        public long N;
        public float Slope;
    }

    private struct Narrow
    {
        public ulong X, Y;
        public int N;
        public float Slope;
    }

    private struct Longer
    {
        public ulong X, Y;
        public long N;
        public float Slope;
        public int More;
    }

    private struct Shorter
    {
        public ulong X, Y;
        public long N;
    }

    [InlineArray(4)]
    private struct Taps
    {
        public int First;
    }

    private struct Inner
    {
        public int P;
        public double Q;
    }

    private struct Nested<T>
    {
        public ulong X;
        public int N;
        public Taps Taps;
        public Inner Inner;
        public T Scale;
    }
#pragma warning restore CS0649

    [TestCase(typeof(Renamed), "no field 'Y'")]
    [TestCase(typeof(Swapped), "field 'X'")]
    [TestCase(typeof(Narrow), "field 'N'")]
    [TestCase(typeof(Longer), "field 'More'")]
    [TestCase(typeof(Shorter), "no field 'Slope'")]
    public void An_argument_struct_that_differs_is_refused(Type mirror, string says)
    {
        var thrown = Assert.Throws<EngineException>(() => Open().Driver.Load(new GpuKernel(Probe, "map", mirror)));
        Assert.That(thrown!.Message, Does.Contain(says).And.Contains(mirror.Name));
    }

    [Test]
    public void Nested_and_generic_argument_structs_are_compared()
    {
        var device = Open();
        Assert.DoesNotThrow(() => device.Driver.Load(new GpuKernel("Tests/Kernels/Simt/nested.cu", "nested", typeof(Nested<float>))));
        Assert.DoesNotThrow(() => device.Driver.Load(new GpuKernel("Tests/Kernels/Simt/nested.cu", "nested", typeof(Nested<double>), "REAL=double")));
        Assert.Throws<EngineException>(() => device.Driver.Load(new GpuKernel("Tests/Kernels/Simt/nested.cu", "nested", typeof(Nested<double>))));
    }

    [Test]
    public void Threads_share_blocks_and_report_faults()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        using var one = new GpuDevice(SimtDriver.Open(new SimtOptions(Threads: 1)));
        using var four = new GpuDevice(SimtDriver.Open(new SimtOptions(Threads: 4)));
        const int Rows = 64, Columns = 32 * 40;
        float[] x = [.. Enumerable.Range(0, Rows * Columns).Select(i => MathF.Sqrt(i % 977) - 11)];
        Assert.That(ColumnSum(four, x, Rows, Columns), Is.EqualTo(ColumnSum(one, x, Rows, Columns)));
        for (int round = 0; round < 20; round++)
        {
            using var y = four.Allocate(4 * 128 * 64, "y");
            var args = new FaultLike { X = y.All.Address, Y = y.All.Address, N = 1 };
            var kernel = new GpuKernel("Tests/Kernels/Simt/Faults/skipped_barrier.cu", "faulty", typeof(FaultLike));
            var thrown = Assert.Throws<KernelFaultException>(() => four.Launch(kernel, LaunchShape.Linear(64, 128), ref args, [Access.Update(y.All)]));
            Assert.That(thrown!.Message, Does.Contain("deadlock"));
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FaultLike
    {
        public ulong X, Y, U, Hidden;
        public int N;
    }

    private static float[] ColumnSum(GpuDevice device, float[] x, int rows, int columns)
    {
        using var input = device.Allocate(x.Length * 4, "x");
        using var output = device.Allocate(columns * 4, "y");
        device.Upload<float>(x, input.All);
        var args = new SimtTests.SumArgs { X = input.All.Address, Y = output.All.Address, Rows = rows, Columns = columns };
        var y = new float[columns];
        for (int round = 0; round < 10; round++)
            device.Launch(new GpuKernel(Probe, "column_sum", typeof(SimtTests.SumArgs)), LaunchShape.Linear(columns / 32, 256), ref args, [Access.Read(input.All), Access.Write(output.All)]);
        device.Download(output.All, y.AsSpan());
        return y;
    }

    private static GpuDevice Open() => (GpuDevice)new TestDevice("simt", () => TestDevices.Simt, () => TestDevices.SimtMissingReason).Open();

    private static HostCompiler Compiler()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        return CompilerFinder.Find();
    }

    private static string Get(ObjectCache cache, HostCompiler compiler, string text) => cache.Get("answer", compiler, text, [.. HostCompiler.CommonOptions, "-fvisibility=default"]);

    private static unsafe int Call(string path)
    {
        nint handle = NativeLibrary.Load(path);
        return ((delegate* unmanaged<int>)NativeLibrary.GetExport(handle, "answer"))();
    }
}
