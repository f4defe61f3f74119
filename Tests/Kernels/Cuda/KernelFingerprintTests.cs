using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>What evidence is filed under.</summary>
public sealed class KernelFingerprintTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void Clean() => _folder.Dispose();

    /// <summary>Of comments and layout it knows nothing; of code and constants all.</summary>
    [Test]
    public void It_follows_what_the_kernel_computes()
    {
        string print = Print("", "4");
        Assert.That(print, Has.Length.EqualTo(64).And.Match("^[0-9a-f]+$"));
        Assert.That(Print("", "4"), Is.EqualTo(print), "once more");
        Assert.That(Print("// a comment of\n/* several\n\nlines */\n", "4"), Is.EqualTo(print), "comments");
        Assert.That(Print("\n\n", "4  // four"), Is.EqualTo(print), "empty lines, and a comment beside code");
        Assert.That(Print("", "4", indent: "\t"), Is.EqualTo(print), "indentation");
        Assert.That(Print("", "5"), Is.Not.EqualTo(print), "code");
        Assert.That(Print("", "4", "SCALE=3"), Is.Not.EqualTo(print), "a constant");
        Assert.That(Print("", "4", entry: "other"), Is.Not.EqualTo(print), "the entry");
        Assert.That(Print("#include \"Common/math.cuh\"\n", "4"), Is.Not.EqualTo(print), "what is included");
    }

    [Test]
    public void Variants_of_the_engine_have_one_each()
    {
        GpuKernel[] kernels = [.. KernelCatalog.Variants];
        var prints = KernelFingerprint.Of(kernels);
        Assert.That(prints, Is.Unique.And.Count.EqualTo(kernels.Length));
        Assert.That(KernelFingerprint.Of([.. kernels.Reverse()]).Reverse(), Is.EqualTo(prints));
    }

    private string Print(string before, string count, string scale = "SCALE=2", string entry = "print", string indent = "    ")
    {
        string path = _folder["print.cu"];
        File.WriteAllText(path, $$"""
            #include "Common/prelude.cuh"
            #define PRINT_ARGS(F) F(garg<const f32>, X) F(garg<f32>, Y)
            ARGS(PrintArgs, PRINT_ARGS)
            {{before}}
            KERNEL(print, PrintArgs, 32, 1)
            {
            {{indent}}IN(f32, X);
            {{indent}}OUT(f32, Y);
            {{indent}}for (int i = 0; i < {{count}}
            {{indent}}    ; i++) Y[i] = X[i] * SCALE;
            }
            """);
        return KernelFingerprint.Of([new GpuKernel(path, entry, typeof(int), scale)])[0];
    }
}
