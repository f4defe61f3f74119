using System.Globalization;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// What a kernel file says that its memory accesses cost at most, in a line of the comment at its head:
/// <code>// limits: bank conflicts 1.0, sectors 1.25</code>
/// Each is a cost over the least that the same bytes could cost (1 is perfect), over all of the kernel's accesses; 'kernels check' holds
/// them on the emulator's samples of the op cases.
/// </summary>
/// <param name="BankConflicts">Passes over the banks of shared memory.</param>
/// <param name="Sectors">Sectors of 32 bytes of global memory.</param>
public sealed partial record AccessLimits(double? BankConflicts, double? Sectors)
{
    /// <summary>The limits that a source file states; null when it states none.</summary>
    /// <param name="name">Path inside Kernels.</param>
    /// <exception cref="EngineException">The line is not as above.</exception>
    public static AccessLimits? Of(string name) => Parse(name, KernelSource.Load(name).Files[0].Content);

    /// <summary>As <see cref="Of"/>, of a text.</summary>
    public static AccessLimits? Parse(string name, string content)
    {
        foreach (string line in content.ReplaceLineEndings("\n").Split('\n').TakeWhile(line => line.StartsWith("//", StringComparison.Ordinal)))
        {
            if (!line.StartsWith("// limits:", StringComparison.Ordinal)) continue;
            if (Line().Match(line) is not { Success: true } match)
                throw new EngineException($"{name}: '{line}' should read '// limits: bank conflicts 1.0, sectors 1.25', or one of the two.");
            return new AccessLimits(Number(match.Groups["banks"]), Number(match.Groups["sectors"]));
        }

        return null;
    }

    private static double? Number(Group group) => group.Success ? double.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^// limits: (bank conflicts (?<banks>\d+(\.\d+)?)(, sectors (?<sectors>\d+(\.\d+)?))?|sectors (?<sectors>\d+(\.\d+)?))$")]
    private static partial Regex Line();
}
