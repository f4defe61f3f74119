using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>Every kernel variant that the engine may launch: it is listed, it compiles for every architecture, its argument struct is its C# mirror.</summary>
[Parallelizable]
public partial class KernelCatalogTests
{
    private static readonly KernelCompiler? Compiler = TryCompiler();

    [Test]
    public void EveryKernelOfEveryFileIsAVariant()
    {
        var listed = KernelCatalog.Variants.Select(kernel => (kernel.File, kernel.Entry)).ToHashSet();
        var written = KernelCatalog.Files.SelectMany(file => Kernels(file).Select(kernel => (file, kernel.Entry))).ToList();
        Assert.That(written, Is.Not.Empty);
        Assert.That(KernelCatalog.Files.Where(file => !Kernels(file).Any()), Is.Empty, "files that end in .cu and hold no KERNEL; shared code ends in .cuh");
        Assert.That(written.Except(listed), Is.Empty, "kernels that no family's Variants name");
        Assert.That(listed.Except(written), Is.Empty, "variants of kernels that are not there");
        TestContext.Out.WriteLine($"{KernelCatalog.Families.Count} families, {written.Count} kernels, {KernelCatalog.Variants.Count()} variants");
    }

    [Test]
    public void NoVariantIsListedTwice()
    {
        var twice = KernelCatalog.Variants.GroupBy(kernel => $"{kernel.File} {kernel.Name}").Where(group => group.Count() > 1).Select(group => group.Key);
        Assert.That(twice, Is.Empty);
    }

    [TestCase("sm_75")]
    [TestCase("sm_80")]
    [TestCase("sm_86")]
    [TestCase("sm_89")]
    [TestCase("sm_90")]
    public void EveryVariantCompilesWithoutSpills(string target)
    {
        NvrtcTests.Require();
        var arch = CudaArch.Parse(target);
        var kernels = KernelCatalog.Variants.Where(kernel => KernelCompiler.RunsOn(kernel, arch.Number)).ToArray();
        int compiled = Compiler!.CompiledCount;
        var watch = Stopwatch.StartNew();
        var faults = new List<string>();
        var results = Compile(kernels, arch, faults);
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{target}: {kernels.Length} variants, {Compiler.CompiledCount - compiled} programs compiled, the others from the cache, {watch.Elapsed.TotalSeconds:F1} s"));

        foreach (var (kernel, result) in results)
        {
            string name = $"{kernel.File}: {kernel.Name} for {target}";
            if (result.SpillBytes > 0 && kernel.SpillReason is null) faults.Add($"{name} spills {result.SpillBytes} bytes, uses {result.Registers} registers, and gives no SpillReason");
            if (result.ArgumentBytes != kernel.ArgumentBytes) faults.Add($"{name}: argument struct of {result.ArgumentBytes} bytes, {kernel.ArgsType.Name} has {kernel.ArgumentBytes}");
            if (result.SharedBytes > 48 * 1024) faults.Add($"{name}: {result.SharedBytes} bytes of static shared memory");
        }

        foreach (var (kernel, result) in results.OrderByDescending(pair => pair.Result.Registers).Take(5))
            TestContext.Out.WriteLine($"  {result.Registers,4} registers, {result.SharedBytes,6} bytes shared, {result.StackBytes,4} stack  {kernel.Name}");
        Assert.That(faults, Is.Empty);
    }

    /// <summary>ptxas gives up the overlap of wgmma where it cannot keep the accumulators in place, and says so in its log only.</summary>
    [Test]
    public void NoProductOfWarpGroupsIsSerialized()
    {
        var nvrtc = NvrtcTests.Require();
        var kernels = KernelCatalog.Variants.Where(kernel => kernel.ArchSpecific).ToArray();
        Assert.That(kernels, Is.Not.Empty);
        var faults = new ConcurrentQueue<string>();
        Parallel.ForEach(kernels, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, kernel =>
        {
            string log = nvrtc.Compile(kernel.File, KernelSource.Load(kernel.File).Text, kernel.DefineList, CudaArch.Parse($"sm_{kernel.MinArch}a")).Log;
            if (!log.Contains("registers", StringComparison.Ordinal)) faults.Enqueue($"{kernel.Name}: ptxas has said nothing");
            if (log.Contains("serialized", StringComparison.Ordinal)) faults.Enqueue($"{kernel.Name}: {log}");
        });
        Assert.That(faults, Is.Empty);
    }

    /// <summary>NVRTC itself compares offsets (__INTADDR__ is its front end's offsetof) and sizes, so this is the layout that the GPU sees.</summary>
    [Test]
    public void EveryArgumentStructIsItsCSharpMirror()
    {
        var nvrtc = NvrtcTests.Require();
        var faults = new List<string>();
        var groups = KernelCatalog.Variants.GroupBy(kernel => (kernel.File, kernel.Entry, Types: string.Join(' ', kernel.DefineList.Where(define => !define[^1..].All(char.IsDigit)))));
        var kernels = groups.Select(group => group.First()).ToArray();
        Parallel.ForEach(kernels, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, kernel =>
        {
            var fields = kernel.ArgsType.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
            string args = Kernels(kernel.File).Single(written => written.Entry == kernel.Entry).Args;
            var text = new StringBuilder(KernelSource.Load(kernel.File).Text).AppendLine().AppendLine("#line 1 \"layout\"");
            foreach (var field in fields)
            {
                var (offset, bytes) = Layout(kernel.ArgsType, field);
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"static_assert(__INTADDR__(&((({args}*)0)->{field.Name})) == {offset} && sizeof((({args}*)0)->{field.Name}) == {bytes}, \"{kernel.ArgsType.Name}.{field.Name}: C# has {bytes} bytes at {offset}\");");
            }

            text.AppendLine(CultureInfo.InvariantCulture, $"static_assert(sizeof({args}) == {kernel.ArgumentBytes}, \"{kernel.ArgsType.Name}: C# has {kernel.ArgumentBytes} bytes\");");
            string? fault = null;
            try
            {
                nvrtc.Compile(kernel.File, text.ToString(), kernel.DefineList, CudaArch.Compute(Math.Max(80, kernel.MinArch)));
                int written = FieldCount(kernel.File, args);
                if (written != fields.Length) fault = $"{kernel.File}: {args} has {written} fields, {kernel.ArgsType.Name} has {fields.Length}";
            }
            catch (EngineException e)
            {
                fault = e.Message;
            }

            if (fault is null) return;
            lock (faults) faults.Add(fault);
        });
        TestContext.Out.WriteLine($"{kernels.Length} argument structs compared");
        Assert.That(faults, Is.Empty);
    }

    private static KernelCompiler? TryCompiler()
    {
        try
        {
            return new KernelCompiler(NvrtcCompiler.Load(), new CubinCache());
        }
        catch (DeviceUnavailableException)
        {
            return null; // the tests that need it say so
        }
    }

    private static List<(GpuKernel Kernel, CompiledKernel Result)> Compile(GpuKernel[] kernels, CudaArch arch, List<string> faults)
    {
        var results = new List<(GpuKernel, CompiledKernel)>();
        try
        {
            Compiler!.CompileAll(kernels, arch);
        }
        catch (EngineException)
        {
            // each variant's own error below
        }

        foreach (var kernel in kernels)
        {
            try
            {
                results.Add((kernel, Compiler!.Compile(kernel, arch)));
            }
            catch (EngineException e)
            {
                faults.Add(e.Message);
            }
        }

        return results;
    }

    /// <summary>Offset and size of a field in the bytes that are handed to the driver.</summary>
    private static unsafe (long Offset, int Bytes) Layout(Type type, FieldInfo field)
    {
        var method = typeof(KernelCatalogTests).GetMethod(nameof(OffsetOf), BindingFlags.NonPublic | BindingFlags.Static)!;
        return ((long, int))method.MakeGenericMethod(type, field.FieldType).Invoke(null, [field])!;
    }

    /// <summary>Writes a pattern into the field by reflection and looks where it went.</summary>
    private static unsafe (long Offset, int Bytes) OffsetOf<TStruct, TField>(FieldInfo field) where TStruct : unmanaged where TField : unmanaged
    {
        TField pattern = default;
        new Span<byte>(&pattern, sizeof(TField)).Fill(0xA5);
        object box = default(TStruct);
        field.SetValue(box, pattern);
        var value = (TStruct)box;
        return (new ReadOnlySpan<byte>(&value, sizeof(TStruct)).IndexOf((byte)0xA5), sizeof(TField));
    }

    /// <summary>The KERNELs of a file: entry and argument struct.</summary>
    private static IEnumerable<(string Entry, string Args)> Kernels(string file) =>
        KernelDeclaration().Matches(KernelSource.Load(file).Text).Select(match => (match.Groups["entry"].Value, match.Groups["args"].Value));

    /// <summary>How many fields the list behind ARGS(name, LIST) has.</summary>
    private static int FieldCount(string file, string args)
    {
        string text = KernelSource.Load(file).Text.Replace("\\\n", " ", StringComparison.Ordinal);
        string list = Regex.Match(text, $@"^ARGS\({args}, *(\w+)\)", RegexOptions.Multiline).Groups[1].Value;
        string fields = Regex.Match(text, $@"^#define {list}\(F\)(.*)$", RegexOptions.Multiline).Groups[1].Value;
        return Regex.Count(fields, @"\bF\(");
    }

    [GeneratedRegex(@"^KERNEL(_CLUSTER)?\((?<entry>\w+), *(?<args>\w+),", RegexOptions.Multiline)]
    private static partial Regex KernelDeclaration();
}
