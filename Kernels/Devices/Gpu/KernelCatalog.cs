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

    /// <summary>How many tiles the family that has most chooses among.</summary>
    public static int MostTiles => Families.Max(family => family.Tiles);

    /// <summary>From now on every launch of this thread takes the tile of this index, in each family that has tiles; null lets the launchers choose again.</summary>
    public static void ForceTile(int? index)
    {
        foreach (var family in Families) family.ForceTile?.Invoke(index);
    }

    /// <summary>Every CUDA source of the engine that holds kernels, by its path inside Kernels.</summary>
    public static IReadOnlyList<string> Files =>
        [.. typeof(KernelCatalog).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".cu", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The families of an assembly.</summary>
    public static IReadOnlyList<KernelFamily> FamiliesOf(Assembly assembly)
    {
        var (list, tiled) = (Method(nameof(VariantsOf)), Method(nameof(Tiled)));
        return [.. assembly.GetTypes()
            .Where(type => type is { IsInterface: false, IsAbstract: false, ContainsGenericParameters: false } && type.IsAssignableTo(typeof(IGpuKernelFamily)))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => new KernelFamily(type, (GpuKernel[])list.MakeGenericMethod(type).Invoke(null, null)!))
            .Select(family => family.Launcher.IsAssignableTo(typeof(ITiledKernelFamily)) ? (KernelFamily)tiled.MakeGenericMethod(family.Launcher).Invoke(null, [family])! : family)];

        static MethodInfo Method(string name) => typeof(KernelCatalog).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
    }

    private static KernelFamily Tiled<TFamily>(KernelFamily family) where TFamily : ITiledKernelFamily =>
        family with { Tiles = TFamily.MostTiles, ForceTile = index => TFamily.ForcedTile = index };

    private static GpuKernel[] VariantsOf<TFamily>() where TFamily : IGpuKernelFamily => [.. TFamily.Variants];
}

/// <summary>A launcher class and the variants that it may launch.</summary>
public sealed record KernelFamily(Type Launcher, IReadOnlyList<GpuKernel> Variants)
{
    /// <summary>How many tiles the launcher chooses among; 0 where it has none.</summary>
    public int Tiles { get; init; }

    /// <summary>Sets <see cref="ITiledKernelFamily.ForcedTile"/>; null where there is none.</summary>
    public Action<int?>? ForceTile { get; init; }

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
