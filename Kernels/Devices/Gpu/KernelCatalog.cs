using System.Reflection;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// What kernels there are. Each family names its own variants (<see cref="IGpuKernelFamily"/>); this collects them, so that there is
/// no central list to forget one in.
/// </summary>
public static class KernelCatalog
{
    private static readonly Lazy<IReadOnlyList<KernelFamily>> s_families = new(() => FamiliesOf(typeof(KernelCatalog).Assembly));

    /// <summary>The engine's families, by name.</summary>
    public static IReadOnlyList<KernelFamily> Families => s_families.Value;

    /// <summary>Every variant of the engine, family by family.</summary>
    public static IEnumerable<GpuKernel> Variants => Families.SelectMany(family => family.Variants);

    /// <summary>Every CUDA source of the engine that holds kernels, by its path inside Kernels.</summary>
    public static IReadOnlyList<string> Files =>
        [.. typeof(KernelCatalog).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".cu", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The families of an assembly.</summary>
    public static IReadOnlyList<KernelFamily> FamiliesOf(Assembly assembly)
    {
        var list = typeof(KernelCatalog).GetMethod(nameof(VariantsOf), BindingFlags.NonPublic | BindingFlags.Static)!;
        return [.. assembly.GetTypes()
            .Where(type => type is { IsInterface: false, IsAbstract: false, ContainsGenericParameters: false } && type.IsAssignableTo(typeof(IGpuKernelFamily)))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => new KernelFamily(type, (GpuKernel[])list.MakeGenericMethod(type).Invoke(null, null)!))];
    }

    private static GpuKernel[] VariantsOf<TFamily>() where TFamily : IGpuKernelFamily => [.. TFamily.Variants];
}

/// <summary>A launcher class and the variants that it may launch.</summary>
public sealed record KernelFamily(Type Launcher, IReadOnlyList<GpuKernel> Variants)
{
    /// <summary>Family and operation: Elementwise.Unary for Elementwise/UnaryGpu.</summary>
    public string Name
    {
        get
        {
            string family = Launcher.Namespace?.Split('.')[^1] ?? "", name = Launcher.Name;
            return $"{family}.{(name.EndsWith("Gpu", StringComparison.Ordinal) ? name[..^3] : name)}";
        }
    }
}
