using System.Reflection;

namespace GenEngine.Checks;

/// <summary>
/// All op cases. A class of cases implements <see cref="IOpCaseSource"/> and is found by it: there is no list to edit.
/// </summary>
public static class OpCases
{
    /// <summary>The cases of every source in the engine, sources in ordinal order of their class names.</summary>
    public static IReadOnlyList<OpCase> All { get; } = Collect();

    /// <summary>Cases whose op or name contains the text.</summary>
    public static IEnumerable<OpCase> Matching(string text) => All.Where(test => test.Name.Contains(text, StringComparison.OrdinalIgnoreCase));

    private static List<OpCase> Collect()
    {
        var sources = typeof(OpCases).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IOpCaseSource)))
            .OrderBy(type => type.Name, StringComparer.Ordinal);
        return [.. sources.SelectMany(type => ((IOpCaseSource)Activator.CreateInstance(type)!).Cases)];
    }
}

/// <summary>A family's op cases.</summary>
public interface IOpCaseSource
{
    /// <summary>Asked for once, by <see cref="OpCases.All"/>, which makes the source: the class needs a constructor without parameters.</summary>
    IEnumerable<OpCase> Cases { get; }
}
