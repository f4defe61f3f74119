using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>The cache on disk: what it keeps, what it notices, and who may share it.</summary>
public class CubinCacheTests
{
    private static readonly GpuKernel[] Kernels =
    [
        new("Tests/Kernels/Cuda/fake.cu", "axpy", typeof(FakeCudaScenarios.AxpyArgs)),
        new("Tests/Kernels/Cuda/fake.cu", "scale", typeof(FakeCudaScenarios.ScaleArgs)),
        new("Tests/Kernels/Cuda/fake.cu", "scale", typeof(FakeCudaScenarios.ScaleArgs), "UNUSED=1"),
    ];

    private TemporaryFolder _folder = null!;
    private NvrtcCompiler _nvrtc = null!;

    [SetUp]
    public void Prepare()
    {
        _nvrtc = NvrtcTests.Require();
        KernelSource.AddAssembly(typeof(CubinCacheTests).Assembly);
        _folder = new TemporaryFolder();
    }

    [TearDown]
    public void Clean() => _folder?.Dispose();

    [Test]
    public void AWarmStartCompilesNothingAndGetsTheSame()
    {
        var cold = new KernelCompiler(_nvrtc, new CubinCache(_folder.Path));
        var made = cold.CompileAll(Kernels, CudaArch.Sm(80));
        Assert.That((cold.CompiledCount, cold.Cache!.Hits, cold.Cache.Misses), Is.EqualTo((2, 0, 2)), "three variants, two programs");
        Assert.That(cold.CompileAll(Kernels, CudaArch.Sm(80))[1].Cubin, Is.SameAs(made[0].Cubin), "two entries of one program");
        Assert.That(cold.CompiledCount, Is.EqualTo(2));

        var warm = new KernelCompiler(_nvrtc, new CubinCache(_folder.Path));
        var found = warm.CompileAll(Kernels, CudaArch.Sm(80));
        Assert.That((warm.CompiledCount, warm.Cache!.Hits), Is.EqualTo((0, 2)));
        for (int i = 0; i < Kernels.Length; i++)
        {
            Assert.That(found[i].Cubin, Is.EqualTo(made[i].Cubin));
            Assert.That(found[i] with { Cubin = made[i].Cubin }, Is.EqualTo(made[i]), "registers, shared memory, spills, argument size");
        }
    }

    [Test]
    public void ANewArchitectureOrConstantIsAnotherEntry()
    {
        var options = NvrtcCompiler.Options(["A=1"], CudaArch.Sm(80));
        string[] keys =
        [
            CubinCache.Key("f.cu", "text", options, new Version(12, 4)),
            CubinCache.Key("f.cu", "text", options, new Version(12, 5)),
            CubinCache.Key("f.cu", "text ", options, new Version(12, 4)),
            CubinCache.Key("f.cut", "ext", options, new Version(12, 4)),
            CubinCache.Key("f.cu", "text", NvrtcCompiler.Options(["A=2"], CudaArch.Sm(80)), new Version(12, 4)),
            CubinCache.Key("f.cu", "text", NvrtcCompiler.Options(["A=1"], CudaArch.Parse("sm_80a")), new Version(12, 4)),
            CubinCache.Key("f.cu", "text", NvrtcCompiler.Options(["A=1"], CudaArch.Compute(80)), new Version(12, 4)),
        ];
        Assert.That(keys, Is.Unique);
        Assert.That(CubinCache.Key("f.cu", "text", NvrtcCompiler.Options(["A=1"], CudaArch.Sm(80)), new Version(12, 4)), Is.EqualTo(keys[0]));
    }

    [Test]
    public void WhatAKilledProcessLeftIsSweptAndAWriteUnderWayIsNot()
    {
        string left = Path.Combine(_folder.Path, "a.cubin.1-00.tmp"), underWay = Path.Combine(_folder.Path, "b.cubin.2-00.tmp");
        foreach (string path in (string[])[left, underWay]) File.WriteAllText(path, "half");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-2));
        new KernelCompiler(_nvrtc, new CubinCache(_folder.Path)).CompileAll(Kernels[..1], CudaArch.Sm(80));
        Assert.That((File.Exists(left), File.Exists(underWay)), Is.EqualTo((false, true)));
    }

    [TestCase("flipped")]
    [TestCase("shortened")]
    [TestCase("empty")]
    [TestCase("lengthened")]
    [TestCase("foreign")]
    public void ADamagedEntryIsMadeAnew(string damage)
    {
        byte[] expected = new KernelCompiler(_nvrtc, new CubinCache(_folder.Path)).Compile(Kernels[0], CudaArch.Sm(75)).Cubin;
        string file = Directory.GetFiles(_folder.Path, "*.cubin").Single();
        byte[] good = File.ReadAllBytes(file);
        byte[] bad = [.. good];
        bad[^100] ^= 1;
        File.WriteAllBytes(file, damage switch
        {
            "flipped" => bad,
            "shortened" => good[..^7],
            "empty" => [],
            "lengthened" => [.. good, 0],
            _ => new byte[good.Length],
        });

        var compiler = new KernelCompiler(_nvrtc, new CubinCache(_folder.Path));
        Assert.That(compiler.Compile(Kernels[0], CudaArch.Sm(75)).Cubin, Is.EqualTo(expected));
        Assert.That((compiler.CompiledCount, compiler.Cache!.Damaged), Is.EqualTo((1, 1)));
        Assert.That(File.ReadAllBytes(file), Is.EqualTo(good), "the entry is whole again");
    }

    [Test]
    public void AFolderThatCannotBeWrittenCostsOneWarning()
    {
        var warnings = new List<string>();
        var compiler = new KernelCompiler(_nvrtc, new CubinCache(Path.Combine(_folder.Touch("a file"), "cubin"), warnings.Add));
        Assert.That(compiler.CompileAll(Kernels, CudaArch.Sm(80)), Has.Count.EqualTo(3));
        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(warnings[0], Does.Contain("a file").And.Contain("GENENGINE_CACHE"));
    }

    [Test]
    public void ThreadsThatShareAFolderDoNotDisturbEachOther()
    {
        var results = new byte[6][];
        Parallel.For(0, results.Length, i =>
        {
            for (int round = 0; round < 5; round++)
                results[i] = new KernelCompiler(_nvrtc, new CubinCache(_folder.Path)).Compile(Kernels[0], CudaArch.Sm(86)).Cubin;
        });
        Assert.That(results, Is.All.EqualTo(results[0]));
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(1), "no temporary file stays");
    }

    [Test]
    public void ProcessesThatShareAFolderDoNotDisturbEachOther()
    {
        // another cache folder is also another place to look for NVRTC
        (string, string?) nvrtc = ("GENENGINE_NVRTC", Path.IsPathRooted(_nvrtc.LibraryPath) ? _nvrtc.LibraryPath : null);
        var children = Enumerable.Range(0, 2).Select(_ => EngineCopy.Start(nameof(FillsTheUsersCache), ("GENENGINE_CACHE", _folder.Path), nvrtc)).ToArray();
        foreach (var child in children)
        {
            var (code, output) = EngineCopy.Finish(child);
            Assert.That(code, Is.Zero, output);
            Assert.That(output, Does.Contain("succeeded: 1"));
        }

        var warm = new KernelCompiler(_nvrtc, new CubinCache(Path.Combine(_folder.Path, "cubin")));
        warm.CompileAll(Kernels, CudaArch.Sm(90));
        Assert.That((warm.CompiledCount, warm.Cache!.Hits), Is.EqualTo((0, 2)));
        Assert.That(Directory.GetFiles(Path.Combine(_folder.Path, "cubin")), Has.Length.EqualTo(2));
    }

    /// <summary>Useful by itself, and what the two processes of the test above run.</summary>
    [Test]
    public void FillsTheUsersCache()
    {
        var cache = new CubinCache();
        var compiler = new KernelCompiler(_nvrtc, cache);
        Assert.That(compiler.CompileAll(Kernels, CudaArch.Sm(90)), Has.Count.EqualTo(3));
        Assert.That(cache.Folder, Is.EqualTo(UserCache.PathOf("cubin")));
        Assert.That(Directory.GetFiles(cache.Folder, "*.cubin"), Has.Length.AtLeast(2));
    }

    [Test]
    public void ErrorsOfOneVariantDoNotTouchTheOthers()
    {
        var compiler = new KernelCompiler(_nvrtc, null);
        var broken = new GpuKernel("Tests/Kernels/Cuda/fake.cu", "axpy", typeof(FakeCudaScenarios.AxpyArgs), "float=nonsense");
        for (int twice = 0; twice < 2; twice++)
            Assert.That(() => compiler.CompileAll([Kernels[0], broken, Kernels[2]], CudaArch.Sm(80)), Throws.TypeOf<EngineException>().With.Message.Contains("nonsense"));
        Assert.That(compiler.CompileAll([Kernels[0], Kernels[2]], CudaArch.Sm(80)), Has.Count.EqualTo(2));
        Assert.That(() => compiler.Compile(new GpuKernel("Tests/Kernels/Cuda/fake.cu", "axpi", typeof(int)), CudaArch.Sm(80)),
            Throws.TypeOf<EngineException>().With.Message.Contains("no KERNEL named 'axpi'").And.Message.Contains("axpy"));
        Assert.That(() => compiler.Compile(new GpuKernel("Nowhere/none.cu", "axpy", typeof(int)), CudaArch.Sm(80)),
            Throws.TypeOf<EngineException>().With.Message.Contains("Nowhere/none.cu"));
    }

    [Test]
    public void VariantsRunWhereTheirInstructionsAre()
    {
        var newer = new GpuKernel("f.cu", "k", typeof(int)) { MinArch = 80 };
        var special = new GpuKernel("f.cu", "k", typeof(int)) { MinArch = 90, ArchSpecific = true };
        Assert.That(new[] { 75, 80, 90, 100 }.Select(arch => KernelCompiler.RunsOn(newer, arch)), Is.EqualTo(new[] { false, true, true, true }));
        Assert.That(new[] { 80, 90, 100 }.Select(arch => KernelCompiler.RunsOn(special, arch)), Is.EqualTo(new[] { false, true, false }));
        Assert.That(() => new KernelCompiler(_nvrtc, null).Compile(newer, CudaArch.Sm(75)), Throws.TypeOf<EngineException>().With.Message.Contains("8.0"));
    }
}
