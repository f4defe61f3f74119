using System.Reflection;
using System.Text.RegularExpressions;
using GenEngine.Checks;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.House;

/// <summary>The rules of CONTRIBUTING.md that a test can hold.</summary>
public sealed partial class HouseTests
{
    private const int MaxLines = 400;

    private static readonly string s_root = Checkout.Root;

    private static readonly string[] s_layers = ["Kernels", "Engine", "Models", "Bench"];

    [Test]
    public void No_source_file_is_longer_than_the_limit()
    {
        var tooLong = Sources("*.cs", "*.cu", "*.cuh", "*.h", "*.cpp")
            .Select(file => (File: Relative(file), Lines: File.ReadLines(file).Count()))
            .Where(entry => entry.Lines > MaxLines)
            .Select(entry => $"{entry.File}: {entry.Lines} lines");
        Assert.That(tooLong, Is.Empty, $"split by concern; the limit is {MaxLines} lines");
    }

    [Test]
    public void Projects_refer_downwards_only()
    {
        var names = new Dictionary<string, string> { ["GenEngine.Kernels"] = "Kernels", ["GenEngine.Engine"] = "Engine", ["GenEngine.Models"] = "Models", ["genengine"] = "Bench" };
        Assembly[] assemblies = [typeof(GpuKernel).Assembly, typeof(Tensor).Assembly, typeof(GenEngine.Models.Vae).Assembly, typeof(GenEngine.Bench.Program).Assembly];
        foreach (var assembly in assemblies)
        {
            int layer = Array.IndexOf(s_layers, names[assembly.GetName().Name!]);
            foreach (var reference in assembly.GetReferencedAssemblies().Where(reference => names.ContainsKey(reference.Name!)))
                Assert.That(Array.IndexOf(s_layers, names[reference.Name!]), Is.LessThan(layer), $"{assembly.GetName().Name} -> {reference.Name}");
        }
    }

    [Test]
    public void What_only_tests_need_stays_out_of_the_console() =>
        Assert.That(File.ReadAllText(Path.Combine(s_root, "Bench", "packages.lock.json")), Does.Contain("Google.Protobuf").And.Not.Contain("OnnxRuntime").And.Not.Contain("NUnit"));

    [Test]
    public void A_kernel_family_uses_devices_and_common_and_no_other_family()
    {
        string kernels = Path.Combine(s_root, "Kernels");
        string[] families = [.. Directory.GetDirectories(kernels).Select(folder => Path.GetFileName(folder)!).Where(name => name is not ("bin" or "obj" or "Common" or "Devices"))];
        var wrong = new List<string>();
        foreach (string family in families)
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(kernels, family), "*.*", SearchOption.AllDirectories))
            {
                string text = File.ReadAllText(file);
                wrong.AddRange(families.Where(other => other != family && Uses(text, other)).Select(other => $"{Relative(file)} uses {other}"));
            }
        }

        foreach (string folder in (string[])["Common", "Devices"])
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(kernels, folder), "*.*", SearchOption.AllDirectories))
                wrong.AddRange(families.Where(family => Uses(File.ReadAllText(file), family)).Select(family => $"{Relative(file)} uses {family}"));
        }

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Devices_know_nothing_of_common()
    {
        var wrong = Directory.EnumerateFiles(Path.Combine(s_root, "Kernels", "Devices"), "*.cs", SearchOption.AllDirectories)
            .Where(file => Uses(File.ReadAllText(file), "Common")).Select(Relative);
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Every_op_has_an_op_case()
    {
        var ops = typeof(Ops).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => ReturnsTensors(method.ReturnType))
            .Select(method => method.Name).Distinct();
        Assert.That(ops.Except(OpCases.All.Select(test => test.Op)), Is.Empty, "add an op case in Engine/Checks/Cases");
    }

    [Test]
    public void Every_kernel_source_has_a_gpu_launcher_a_cpu_twin_and_a_contract()
    {
        string kernels = Path.Combine(s_root, "Kernels");
        var missing = new List<string>();
        foreach (string source in Directory.EnumerateFiles(kernels, "*.cu", SearchOption.AllDirectories).Where(file => !IsBuildOutput(file)))
        {
            // matmul.cu belongs to MatMul.cs, reduce_backward.cu to Reduce.cs: names without underscores and case
            string plain = Path.GetFileNameWithoutExtension(source).Replace("_", "", StringComparison.Ordinal);
            string[] files = [.. Directory.EnumerateFiles(Path.GetDirectoryName(source)!, "*.cs")];
            var texts = files.Select(File.ReadAllText).ToList();
            string name = Relative(source)["Kernels/".Length..];
            if (!texts.Any(text => text.Contains($"\"{name}\"", StringComparison.Ordinal))) missing.Add($"{name}: no GpuKernel names it");
            bool contract = files.Any(file => !Path.GetFileNameWithoutExtension(file).Contains('.', StringComparison.Ordinal)
                && plain.StartsWith(Path.GetFileNameWithoutExtension(file), StringComparison.OrdinalIgnoreCase));
            if (!contract) missing.Add($"{name}: no contract beside it");
            bool twin = texts.Any(text => text.Contains("WorkerPool", StringComparison.Ordinal) || text.Contains("ICpuKernel", StringComparison.Ordinal));
            if (!twin) missing.Add($"{name}: no CPU twin beside it");
        }

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void Kernel_sources_hold_no_intrinsics_and_no_assembly()
    {
        var wrong = Directory.EnumerateFiles(Path.Combine(s_root, "Kernels"), "*.cu", SearchOption.AllDirectories)
            .Where(file => !IsBuildOutput(file) && Forbidden().IsMatch(WithoutComments(File.ReadAllText(file)))).Select(Relative);
        Assert.That(wrong, Is.Empty, "they belong in Common/prelude.cuh");
    }

    [Test]
    public void Pictures_and_sounds_of_the_console_say_how_they_were_made()
    {
        var wrong = Directory.EnumerateFiles(Path.Combine(s_root, "Bench"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !IsBuildOutput(file) && Path.GetFileName(file) != "Provenance.cs" && PictureWriters().IsMatch(WithoutComments(File.ReadAllText(file)))).Select(Relative);
        Assert.That(wrong, Is.Empty, "write them by Provenance, so that remake can make them again");
    }

    private static bool ReturnsTensors(Type type) =>
        type == typeof(Tensor) || (type.IsGenericType && type.GetGenericArguments().All(argument => argument == typeof(Tensor)));

    private static bool Uses(string text, string family) => Regex.IsMatch(text, $@"\bGenEngine\.Kernels\.{family}\b|#include ""{family}/") && !Regex.IsMatch(text, $@"namespace GenEngine\.Kernels\.{family}\b");

    private static string WithoutComments(string text) => Regex.Replace(text, "//.*", "");

    private static IEnumerable<string> Sources(params string[] patterns) =>
        patterns.SelectMany(pattern => Directory.EnumerateFiles(s_root, pattern, SearchOption.AllDirectories)).Where(file => !IsBuildOutput(file));

    private static bool IsBuildOutput(string file) => BuildOutput().IsMatch(Relative(file));

    private static string Relative(string file) => Path.GetRelativePath(s_root, file).Replace('\\', '/');

    [GeneratedRegex(@"(^|/)(bin|obj|\.git|runs|artifacts)/")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"\b(AnimatedPng|Png|WavWriter)\.(Write|Encode)\(|Picture\.Save\w*\(|Plot\b[^;]*\.Save\(")]
    private static partial Regex PictureWriters();

    [GeneratedRegex(@"\basm\b|__\w+\(|\b(expf?|logf|tanhf?|powf|sqrtf|expm1f?|log1pf)\(")]
    private static partial Regex Forbidden();
}
