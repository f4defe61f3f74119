namespace GenEngine.Bench;

/// <summary>What the console returns to its caller.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>The command could not do its work, or found what it looked for: a damaged file, a kernel fault, a wrong gradient.</summary>
    public const int Failed = 1;

    /// <summary>The command line asks for what is not there: an unknown name, or a device that this machine lacks.</summary>
    public const int Usage = 2;

    /// <summary>A defect of the engine (EX_SOFTWARE of sysexits.h).</summary>
    public const int Internal = 70;

    /// <summary>Stopped by Ctrl-C, with what was made so far in place (128 + SIGINT).</summary>
    public const int Stopped = 130;
}
