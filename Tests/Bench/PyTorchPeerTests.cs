using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using GenEngine.Bench.Compare;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>The PyTorch script, as far as a machine without PyTorch can tell.</summary>
public sealed partial class PyTorchPeerTests
{
    private static readonly string[] Agreed =
    [
        "gemm-1024", "gemm-128x784x400", "gemm-128x400x784", "adam-10m", "muladd-16m", "addcmul-16m",
        "conv-64-128-k3", "conv-1-64-k4s2", "conv-64-128-k4s2", "deconv-128-64", "deconv-64-1", "masked-32-k3", "masked-1-64-k7", "batchnorm-64x32x32", "batchnorm-128x7x7",
        "crossentropy-256", "gate-64", "step-vae", "step-convvae", "step-dcgan", "step-gatedpixelcnn", "step-wavenet", "step-dcgan64", "step-dcgan64-paper", "step-pixelcnn-h128", "step-wavenet-30",
    ];

    [TestCase("peer.py"), TestCase("models.py")]
    public void ItIsPython(string file)
    {
        string code = "import ast, sys; ast.parse(open(sys.argv[1], encoding='utf-8').read())";
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", ["-c", code, Find(file)]) { RedirectStandardError = true })!;
            string errors = python.StandardError.ReadToEnd();
            python.WaitForExit();
            Assert.That((python.ExitCode, errors), Is.EqualTo((0, "")));
        }
        catch (Win32Exception)
        {
            Assert.Ignore("python3 is not on the PATH");
        }
    }

    [Test]
    public void ItsRowsHaveTheNamesOfTheComparison()
    {
        string[] rows = [.. Row().Matches(File.ReadAllText(Find("peer.py"))).Select(match => match.Groups[1].Value)];
        Assert.That(rows, Is.Unique);
        Assert.That(rows, Is.SupersetOf(Agreed));
        Assert.That(rows, Is.SupersetOf(StepEntry.WithPeer.Select(step => step.Name)));
    }

    private static string Find(string file) => Path.Combine(Checkout.Root, "Bench", "Peers", "pytorch", file);

    [GeneratedRegex("^    \"([a-z0-9-]+)\": ", RegexOptions.Multiline)]
    private static partial Regex Row();
}
