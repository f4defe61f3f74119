using static System.FormattableString;

namespace GenEngine.Bench;

/// <summary>Sizes for people.</summary>
internal static class Sizes
{
    /// <summary>"11.6 GiB", "512 KiB", "-" for zero.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        <= 0 => "-",
        < 1L << 10 => Invariant($"{bytes} B"),
        < 1L << 20 => Invariant($"{bytes / 1024.0:0.#} KiB"),
        < 1L << 30 => Invariant($"{bytes / 1048576.0:0.#} MiB"),
        _ => Invariant($"{bytes / 1073741824.0:0.#} GiB"),
    };
}
