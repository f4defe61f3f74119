using GenEngine.Bench;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>kernels run: a user's own kernel, right and wrong in every way that a user finds.</summary>
public sealed class KernelsRunTests
{
    internal const string NaiveMatMul = """
        #include "Common/prelude.cuh"
        #define MY_ARGS(F) \
            F(garg<const REAL>, A) F(garg<const REAL>, B) F(garg<const REAL>, Bias) F(garg<REAL>, C) F(garg<const REAL>, Through) F(i64, Batch) F(i64, M) F(i64, N) F(i64, K) \
            F(f64, Slope) F(i32, Op) F(i32, Activation) F(i32, HasBias) F(i32, Accumulate) F(i32, ThroughActivation)
        ARGS(MyArgs, MY_ARGS)
        KERNEL(mine, MyArgs, 1024, 1)
        {
            IN(REAL, A);
            IN(REAL, B);
            UPD(REAL, C);
            for (i64 i = global_index(); i < a.Batch * a.M * a.N; i += grid_stride()) {
                i64 n = i % a.N, m = i / a.N % a.M, b = i / (a.M * a.N);
                gptr<const REAL> x = A + b * a.M * a.K + (OP == 2 ? m : m * a.K), y = B + b * a.K * a.N + (OP == 1 ? n * a.K : n);
                REAL sum = 0;
                for (i64 k = 0; k < a.K; k++) {
                    REAL left = x[k * (OP == 2 ? a.M : 1)], right = y[k * (OP == 1 ? 1 : a.N)];
                    sum = fma(left, right, sum);
                }
                C[i] = sum;
            }
        }
        """;

    private string _folder = "";

    [SetUp]
    public void Make()
    {
        BenchShapeTests.RequireSimt();
        _folder = Directory.CreateTempSubdirectory("genengine-kernel ö ").FullName;
    }

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestCase("float32", "0.0 of 1 ulps, the engine's bits"), TestCase("float64", "LeakyRelu 3x23: the engine's bits")]
    public void TheExampleOfTheDocumentationRuns(string precision, string expected)
    {
        var run = ConsoleRun.Of("kernels", "run", Path.Combine(Checkout.Root, "docs", "my_leaky_relu.cu"), "--like", "LeakyRelu", "--precision", precision);
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        Assert.That(run.Out, Does.Contain("in place of unary of Elementwise/unary.cu").And.Contain(expected).And.Contain("1 of 1 op cases passed")
            .And.Match("my_leaky_relu.cu:15 global read of [48] bytes: .*1.0x the least").And.Match("simt: yours .* us, the engine's .* us").And.Contain("cuda: "));
    }

    [Test]
    public void AnotherNameAndAnotherStructNameWillDo()
    {
        var run = Run(NaiveMatMul, "--like", "MatMul");
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")), run.Out);
        Assert.That(run.Out, Does.Contain("mine of ").And.Contain("in place of matmul of MatMul/matmul.cu").And.Contain("9 of 9 op cases passed").And.Contain("ulps, the engine's bits"));
    }

    [Test]
    public void WrongGradientsAreWrongToo()
    {
        // right for A B, so forward is right; the gradients ask for the transposed forms
        var run = Run(NaiveMatMul.Replace("OP == 2", "false").Replace("OP == 1", "false"), "--like", "MatMul NN 1x5x7x3");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Out, Does.Contain("WRONG MatMul NN 1x5x7x3").And.Contain("gradients included").And.Contain("0 of 1 op cases passed").And.Contain("--like"));
    }

    [Test]
    public void AToleranceLetsRoundedKernelsPass()
    {
        string rounded = NaiveMatMul.Replace("C[i] = sum;", "C[i] = sum * (REAL)1.0001;");
        Assert.That(Run(rounded, "--like", "MatMul NN").Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(Run(rounded, "--like", "MatMul NN", "--tolerance", "1e-3").Code, Is.EqualTo(ExitCode.Done));
    }

    [Test]
    public void AFaultNamesFileAndLine()
    {
        var run = Run(NaiveMatMul.Replace("C[i] = sum;", "C[i + 1] = sum;"), "--like", "MatMul NN 1x5x7x3");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Out, Does.Contain("FAULT MatMul NN 1x5x7x3").And.Match(@"mine\.cu:19").And.Contain("0 of 1 op cases passed"));
    }

    [Test]
    public void WhatDoesNotCompileShowsTheLogAndTheNumberedSource()
    {
        var run = Run(NaiveMatMul.Replace("sum = fma(", "summ = fma("), "--like", "MatMul NN");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("refused mine<").And.Match(@"mine\.cu:17:\d+: error").And.Contain("'summ'")
            .And.Contain(">   17 |             summ = fma(left, right, sum);").And.Contain("    16 |             REAL left"));
    }

    [TestCase("no kernel", "int x;", ExitCode.Failed, "has no KERNEL(name, arguments, threads, blocks)")]
    [TestCase("no struct", "KERNEL(mine, MyArgs, 256, 1)\n{\n}\n", ExitCode.Failed, "the file has no ARGS(MyArgs, ...)")]
    [TestCase("a wrong include", "#include <cuda.h>\n#include \"Common/no.cuh\"\n", ExitCode.Failed, "includes 'Common/no.cuh', which does not exist")]
    public void AFileThatIsNoKernelIsSaidSo(string what, string text, int code, string expected)
    {
        var run = Run(text);
        Assert.That((run.Code, run.Out), Is.EqualTo((code, "")), what);
        Assert.That(run.Error, Does.Contain(expected));
    }

    [Test]
    public void AStructThatNoKernelTakesIsAnsweredWithTheNearest()
    {
        var run = Run(NaiveMatMul.Replace("F(i32, Activation)", "F(i32, Activatoin)"));
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("Activatoin").And.Contain("The nearest is MatMulArgs of matmul (MatMul/matmul.cu)"));
    }

    [Test]
    public void AFieldOfAnotherTypeIsFoundWhenTheKernelIsLoaded()
    {
        var run = Run(NaiveMatMul.Replace("F(i64, K)", "F(i32, K)"), "--like", "MatMul NN");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("the argument struct of mine and the C# struct MatMulArgs differ").And.Contain("'K'"));
    }

    [Test]
    public void NamesAreAnsweredWithTheNearest()
    {
        Assert.That(Usage(Run(NaiveMatMul, "--entry", "mien")), Does.Contain("Unknown KERNEL of this file 'mien'. Did you mean 'mine'?"));
        Assert.That(Usage(Run(NaiveMatMul, "--like", "MutMal")), Does.Contain("Did you mean 'MatMul'?"));
        Assert.That(Usage(Run(NaiveMatMul + "\nKERNEL(other, MyArgs, 32, 1)\n{\n}\n")), Does.Contain("several KERNELs; choose one by --entry: mine, other."));
        Assert.That(Usage(ConsoleRun.Of("kernels", "run", Path.Combine(_folder, "mien.cu"))), Does.Contain("There is no file").And.Contain("Did you mean").And.Contain("mine.cu"));
        Assert.That(Usage(ConsoleRun.Of("kernels", "run", "no/such/folder/mine.cu")), Does.Contain("There is no folder"));
    }

    [Test]
    public void WithoutAnOpCaseThereIsNothingToCompareWith()
    {
        var run = Run(NaiveMatMul, "--like", "Clamp");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("op cases launches matmul in float"));
    }

    private ConsoleRun Run(string text, params string[] more)
    {
        string file = Path.Combine(_folder, "mine.cu");
        File.WriteAllText(file, text);
        return ConsoleRun.Of(["kernels", "run", file, .. more]);
    }

    private static string Usage(ConsoleRun run)
    {
        Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Usage, "")));
        return run.Error;
    }
}
