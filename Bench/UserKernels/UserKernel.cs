using System.Text.RegularExpressions;
using GenEngine.Bench.Commands;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Text;

namespace GenEngine.Bench.UserKernels;

/// <summary>
/// A user's kernel file, and the kernel of the engine that it stands in for: one that takes the same argument struct, field by field. It is
/// compiled with that kernel's constants and launched with its grid, block, arguments and declared accesses.
/// </summary>
internal sealed partial class UserKernel
{
    private readonly Dictionary<GpuKernel, GpuKernel> _variants = [];

    private UserKernel(string path, string entry, string file, string replacedEntry, IEnumerable<GpuKernel> replaced)
    {
        (Path, Entry, File, ReplacedEntry) = (path, entry, file, replacedEntry);
        // the same constants and needs, another source
        foreach (var kernel in replaced)
            _variants[kernel] = new GpuKernel(path, entry, kernel.ArgsType, [.. kernel.DefineList]) { MinArch = kernel.MinArch, ArchSpecific = kernel.ArchSpecific };
    }

    /// <summary>The user's file, its full path with forward slashes.</summary>
    public string Path { get; }

    /// <summary>The KERNEL in it.</summary>
    public string Entry { get; }

    /// <summary>The engine's file that it stands in for.</summary>
    public string File { get; }

    public string ReplacedEntry { get; }

    /// <summary>Variants of the engine's kernel, each with the user's in its place.</summary>
    public IReadOnlyDictionary<GpuKernel, GpuKernel> Variants => _variants;

    /// <summary>For <see cref="GpuDevice"/>: the user's variant for the engine's.</summary>
    public GpuKernel Substitute(GpuKernel kernel) => _variants.GetValueOrDefault(kernel, kernel);

    /// <summary>Reads a file and finds what it stands in for.</summary>
    /// <param name="entry">The KERNEL to take; null where the file has one.</param>
    /// <exception cref="EngineException">There is no such file or KERNEL, or no kernel of the engine takes its arguments: says the nearest.</exception>
    public static UserKernel Load(string path, string? entry)
    {
        string full = System.IO.Path.GetFullPath(path).Replace('\\', '/');
        if (!System.IO.File.Exists(full)) throw new UsageException($"There is no file '{path}'.{Near(path)}");
        string text = KernelSource.Load(full).Text;
        var (name, args) = Choose(path, entry, [.. Declarations(System.IO.File.ReadAllText(full))]);
        string[] fields = FieldsOf(text, args) ?? throw new EngineException($"{path}: KERNEL({name}, {args}, ...) takes {args}, and the file has no ARGS({args}, ...) of a #define with its fields; see any kernel ('kernels show unary.cu').");
        var takers = KernelCatalog.Variants.Where(kernel => Names(kernel).SequenceEqual(fields)).GroupBy(kernel => (kernel.File, kernel.Entry)).ToList();
        if (takers.Count == 0) throw new EngineException($"{path}: no kernel of the engine takes the arguments {args} {{ {string.Join(", ", fields)} }}. {NearestStruct(fields)}");
        // several take the same struct: the name says which, else the one that obeys the summation law (its twins for tensor cores do not)
        var exact = takers.Where(taker => taker.All(kernel => kernel.FollowsSummationLaw)).ToList();
        var replaced = takers.Count == 1 ? takers[0] : takers.FirstOrDefault(taker => taker.Key.Entry == name) ?? (exact.Count == 1 ? exact[0] : null)
            ?? throw new EngineException($"{path}: several kernels take these arguments: {string.Join(", ", takers.Select(taker => taker.Key.Entry))}. Give the KERNEL the name of the one that it stands in for, instead of '{name}'.");
        return new UserKernel(full, name, replaced.Key.File, replaced.Key.Entry, replaced);
    }

    private static (string Name, string Args) Choose(string path, string? entry, (string Name, string Args)[] kernels)
    {
        if (kernels.Length == 0) throw new EngineException($"{path} has no KERNEL(name, arguments, threads, blocks); see any kernel ('kernels show unary.cu').");
        string[] names = [.. kernels.Select(kernel => kernel.Name)];
        if (entry is not null) return kernels.FirstOrDefault(kernel => kernel.Name == entry) is { Name: not null } found ? found : throw new UsageException(NearestName.Unknown("KERNEL of this file", entry, names));
        return kernels.Length == 1 ? kernels[0] : throw new UsageException($"{path} has several KERNELs; choose one by --entry: {string.Join(", ", names)}.");
    }

    private static IEnumerable<(string Name, string Args)> Declarations(string text) =>
        Kernel().Matches(text).Select(match => (match.Groups["entry"].Value, match.Groups["args"].Value));

    /// <summary>The field names behind ARGS(name, LIST); null when there is none.</summary>
    private static string[]? FieldsOf(string text, string args)
    {
        string joined = text.Replace("\\\n", " ", StringComparison.Ordinal);
        string list = Regex.Match(joined, $@"^[ \t]*ARGS\(\s*{Regex.Escape(args)}\s*,\s*(\w+)\s*\)", RegexOptions.Multiline).Groups[1].Value;
        if (list.Length == 0) return null;
        string fields = Regex.Match(joined, $@"^[ \t]*#[ \t]*define[ \t]+{Regex.Escape(list)}\(F\)(.*)$", RegexOptions.Multiline).Groups[1].Value;
        return [.. Field().Matches(fields).Select(match => match.Groups[1].Value)];
    }

    private static IEnumerable<string> Names(GpuKernel kernel) => ArgumentBlock.FieldsOf(kernel.ArgsType).Select(field => field.Name);

    private static string NearestStruct(string[] fields)
    {
        var best = KernelCatalog.Variants.DistinctBy(kernel => kernel.ArgsType)
            .OrderByDescending(kernel => Names(kernel).Intersect(fields).Count()).ThenBy(kernel => Names(kernel).Except(fields).Count()).First();
        return $"The nearest is {best.ArgsType.Name} of {best.Entry} ({best.File}): {{ {string.Join(", ", Names(best))} }}.";
    }

    private static string Near(string path)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? ".";
        if (!Directory.Exists(folder)) return $" There is no folder '{folder}' either.";
        string? near = NearestName.Of(System.IO.Path.GetFileName(path), Directory.EnumerateFiles(folder, "*.cu").Select(file => System.IO.Path.GetFileName(file)!));
        return near is null ? "" : $" Did you mean '{System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? "", near)}'?";
    }

    [GeneratedRegex(@"^[ \t]*KERNEL(_CLUSTER)?\(\s*(?<entry>\w+)\s*,\s*(?<args>\w+)\s*,", RegexOptions.Multiline)]
    private static partial Regex Kernel();

    [GeneratedRegex(@"\bF\([^()]*,\s*(\w+)\s*\)")]
    private static partial Regex Field();
}
