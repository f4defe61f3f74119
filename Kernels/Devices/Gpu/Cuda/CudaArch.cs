using System.Globalization;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// What a kernel is compiled for: machine code of one architecture (sm_90, sm_90a) or PTX (compute_90), which the driver turns into
/// machine code of any architecture from that one on.
/// </summary>
/// <param name="Number">Compute capability times ten: 75, 90, 120.</param>
/// <param name="Suffix">"a" for instructions that only this very architecture has, "f" for its family, else empty.</param>
/// <param name="IsPtx">True for PTX.</param>
public readonly record struct CudaArch(int Number, string Suffix = "", bool IsPtx = false)
{
    /// <summary>Machine code for GPUs of this compute capability (times ten).</summary>
    public static CudaArch Sm(int number) => new(number);

    /// <summary>PTX for GPUs of this compute capability (times ten) and later ones.</summary>
    public static CudaArch Compute(int number) => new(number, "", IsPtx: true);

    /// <summary>Parses sm_80, sm_90a, compute_90.</summary>
    /// <exception cref="EngineException">Another form.</exception>
    public static CudaArch Parse(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        bool ptx = rest.StartsWith("compute_", StringComparison.Ordinal);
        if (ptx) rest = rest["compute_".Length..];
        else if (rest.StartsWith("sm_", StringComparison.Ordinal)) rest = rest["sm_".Length..];
        string suffix = rest is [.., 'a' or 'f'] ? rest[^1..].ToString() : "";
        if (!int.TryParse(rest[..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 50 or > 999)
            throw new EngineException($"'{text}' is no GPU architecture; write sm_80, sm_90a or compute_90.");
        return new CudaArch(number, suffix, ptx);
    }

    public override string ToString() => $"{(IsPtx ? "compute" : "sm")}_{Number}{Suffix}";
}
