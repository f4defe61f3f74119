using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>Kernel sources as fingerprints see them.</summary>
public sealed class SourceTextTests
{
    [TestCase("int a;  // one\n", "int a;\n")]
    [TestCase("// only\n\n  \n/* and\nlines */\n", "")]
    [TestCase("int a /* inside */ = 1;\n", "int a   = 1;\n")]
    [TestCase("f(\"// no comment /*\"); // one\n", "f(\"// no comment /*\");\n")]
    [TestCase("f(\"\\\"\"); // one\n", "f(\"\\\"\");\n")]
    [TestCase("c = '\"'; // one\n", "c = '\"';\n")]
    [TestCase("int a = 1'000'000; // one\n", "int a = 1'000'000;\n")]
    [TestCase("#line 7 \"a.cuh\"\n#define F \\\nint a\nint b;\n", "#define F \\\nint a\nint b;\n")]
    [TestCase("void f()\n{\n    // why\n    g();\n\n\th();\r\n}\n", "void f()\n{\ng();\nh();\n}\n")]
    [TestCase("/* without end", "")]
    [TestCase("\"without end", "\"without end\n")] // no compiler takes it; nor is it lost
    public void Comments_and_layout_count_for_nothing(string text, string bare) => Assert.That(SourceText.Bare(text), Is.EqualTo(bare));
}
