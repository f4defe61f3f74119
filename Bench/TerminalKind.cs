namespace GenEngine.Bench;

/// <summary>What the terminal says of itself.</summary>
internal static class TerminalKind
{
    /// <summary>Any of 16 million colours may be asked for: COLORTERM, or a terminal that is known to; NO_COLOR and TERM=dumb say no.</summary>
    public static bool HasTrueColour => TrueColour(Environment.GetEnvironmentVariable);

    /// <summary>As <see cref="HasTrueColour"/>, of other variables than the process's.</summary>
    internal static bool TrueColour(Func<string, string?> variable)
    {
        if (variable("NO_COLOR") is { Length: > 0 } || variable("TERM") == "dumb") return false;
        return variable("COLORTERM") is "truecolor" or "24bit" || variable("WT_SESSION") is { Length: > 0 } || variable("TERM")?.EndsWith("-direct", StringComparison.Ordinal) == true;
    }
}
