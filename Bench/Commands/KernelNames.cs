using GenEngine.Checks;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Text;

namespace GenEngine.Bench.Commands;

/// <summary>Finds kernels and op cases by what people call them.</summary>
internal static class KernelNames
{
    /// <summary>
    /// The variants that a name means: a whole variant (matmul&lt;OP=0,...&gt;), some of its constants (matmul&lt;OP=0&gt;), an entry (matmul), or
    /// a file with or without its folder and ending. Empty when it means none.
    /// </summary>
    public static IReadOnlyList<GpuKernel> Matching(string name)
    {
        GpuKernel[] all = [.. KernelCatalog.Variants];
        string file = name.Replace('\\', '/');
        foreach (var means in (Func<GpuKernel, bool>[])
            [kernel => kernel.Name == name, kernel => kernel.File == file, kernel => Path.GetFileName(kernel.File) == file, kernel => kernel.Entry == name,
             kernel => Path.GetFileNameWithoutExtension(kernel.File) == name, kernel => HasConstants(kernel, name)])
        {
            GpuKernel[] found = [.. all.Where(means)];
            if (found.Length > 0) return found;
        }

        return [];
    }

    /// <summary>As <see cref="Matching"/>.</summary>
    /// <exception cref="UsageException">It means none: says the nearest.</exception>
    public static IReadOnlyList<GpuKernel> Find(string name)
    {
        var found = Matching(name);
        if (found.Count > 0) return found;
        string entry = name.Split('<')[0];
        var known = KernelCatalog.Files.Concat(KernelCatalog.Variants.Select(kernel => kernel.Entry).Distinct());
        throw new UsageException(KernelCatalog.Variants.Any(kernel => kernel.Entry == entry)
            ? $"'{entry}' has no variant '{name}'. Did you mean '{NearestName.Of(name, KernelCatalog.Variants.Where(kernel => kernel.Entry == entry).Select(kernel => kernel.Name)) ?? entry}'? See 'kernels list --only {entry}'."
            : NearestName.Unknown("kernel", name, known));
    }

    /// <summary>The op cases whose name contains the text.</summary>
    /// <exception cref="UsageException">There is none: says the nearest op.</exception>
    public static IReadOnlyList<OpCase> Cases(string text)
    {
        OpCase[] found = [.. OpCases.Matching(text)];
        return found.Length > 0 ? found : throw new UsageException(NearestName.Unknown("op case", text, OpCases.All.Select(test => test.Op).Distinct()));
    }

    private static bool HasConstants(GpuKernel kernel, string name)
    {
        int open = name.IndexOf('<', StringComparison.Ordinal);
        if (open < 0 || kernel.Entry != name[..open]) return false;
        return name[(open + 1)..].TrimEnd('>').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).All(kernel.DefineList.Contains);
    }
}
