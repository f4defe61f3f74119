using System.Reflection;

namespace GenEngine;

/// <summary>Which engine this is.</summary>
public static class EngineVersion
{
    private static readonly string[] s_parts = (typeof(EngineVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+', 2);

    /// <summary>As 0.1.0.</summary>
    public static string Name => s_parts[0];

    /// <summary>The commit that it was built from; null where the build did not know it, as from an archive of the sources.</summary>
    public static string? Commit => s_parts.Length > 1 ? s_parts[1] : null;

    /// <summary>What files say they were written by.</summary>
    public static string Software => $"GenEngine {Name}";
}
