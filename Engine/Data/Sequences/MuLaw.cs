namespace GenEngine.Data;

/// <summary>
/// 256 levels of mu-law with mu = 255 (ITU-T G.711's curve, as WaveNet uses it): y = sign(x) ln(1 + mu |x|) / ln(1 + mu), code = floor((y + 1) / 2 * mu + 1/2).
/// </summary>
public static class MuLaw
{
    private const double Mu = 255;

    private static readonly float[] s_levels = [.. Enumerable.Range(0, 256).Select(code => (float)Decode((byte)code))];

    /// <summary>The code of a sample; beyond [-1, 1] the outermost.</summary>
    public static byte Encode(double x) => (byte)Math.Clamp(Math.Floor(((Compress(x) + 1) / 2 * Mu) + 0.5), 0, 255);

    /// <summary>The sample that a code stands for, in [-1, 1].</summary>
    public static double Decode(byte code) => Expand((2 * code / Mu) - 1);

    /// <summary>The least sample that gets this code, were there no samples beyond [-1, 1].</summary>
    public static double LowerEdge(int code) => Expand((((2 * code) - 1) / Mu) - 1);

    /// <summary>Each sample's code, see <see cref="Encode(double)"/>.</summary>
    public static byte[] Encode(ReadOnlySpan<float> samples)
    {
        var codes = new byte[samples.Length];
        for (int i = 0; i < codes.Length; i++) codes[i] = Encode(samples[i]);
        return codes;
    }

    /// <summary>The sample that each code stands for, rounded to float32; see <see cref="Decode(byte)"/>.</summary>
    public static float[] Decode(ReadOnlySpan<byte> codes)
    {
        var samples = new float[codes.Length];
        for (int i = 0; i < samples.Length; i++) samples[i] = s_levels[codes[i]];
        return samples;
    }

    private static double Compress(double x) => Math.Sign(x) * Math.Log(1 + (Mu * Math.Abs(x))) / Math.Log(1 + Mu);

    private static double Expand(double y) => Math.Sign(y) * (Math.Exp(Math.Abs(y) * Math.Log(1 + Mu)) - 1) / Mu;
}
