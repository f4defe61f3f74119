namespace GenEngine.Kernels;

/// <summary>Tells errors of disks and rights from errors of programs.</summary>
public static class DiskFailure
{
    /// <summary>
    /// Whether a write failed for the disk, the folder or a limit. A write beyond the largest file that a file system or a limit allows (EFBIG) comes from .NET as no
    /// IOException, but as an argument out of range that nobody passed.
    /// </summary>
    public static bool Is(Exception e) =>
        e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value", Source: "System.Private.CoreLib" };
}
