using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>
/// What varies between two pictures of one avatar. All of it is drawn independently of who is shown and kept beside the images, so
/// that a swap of the identity can be compared with the true drawing.
/// </summary>
/// <param name="Yaw">Degrees, positive to the viewer's right.</param>
/// <param name="Pitch">Degrees, positive up.</param>
/// <param name="Smile">Corners of the mouth: -1 down, 1 up.</param>
/// <param name="Open">How far the mouth is open, 0 to 1.</param>
/// <param name="Brow">-1 frowning, 1 raised.</param>
/// <param name="Light">Where the light comes from: degrees from the camera's axis, positive from the viewer's right.</param>
/// <param name="Hue">Background colour, 0 (orange) to 1 (violet), an arc and not a circle, so that a regression makes sense.</param>
/// <param name="Tone">Background brightness, 0 to 1.</param>
public readonly record struct AvatarFactors(float Yaw, float Pitch, float Smile, float Open, float Brow, float Light, float Hue, float Tone)
{
    /// <summary>Factors an image has; the order of <see cref="Names"/> and of <see cref="CopyTo"/>.</summary>
    public const int Count = 8;

    private static readonly (string Name, float Low, float High)[] s_all =
    [
        ("yaw", -35, 35), ("pitch", -14, 14), ("smile", -1, 1), ("open", 0, 1), ("brow", -1, 1), ("light", -75, 75), ("hue", 0, 1), ("tone", 0, 1),
    ];

    /// <summary>Looking straight ahead, unmoved, lit from the front.</summary>
    public static AvatarFactors Neutral { get; } = new(0, 0, 0, 0, 0, 0, 0.6f, 0.5f);

    /// <summary>yaw, pitch, smile, open, brow, light, hue, tone: the columns of a row of factors.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(factor => factor.Name)];

    /// <summary>The range that factor <paramref name="index"/> is drawn from, uniformly.</summary>
    public static (float Low, float High) Range(int index) => (s_all[index].Low, s_all[index].High);

    /// <summary>A draw, every factor uniform in its range and independent of the others.</summary>
    internal static AvatarFactors Draw(SplitMix64 random)
    {
        Span<float> values = stackalloc float[Count];
        for (int i = 0; i < Count; i++) values[i] = (float)random.NextDouble(s_all[i].Low, s_all[i].High);
        return From(values);
    }

    /// <summary>From a row of an image's factors.</summary>
    /// <exception cref="EngineException">Not <see cref="Count"/> finite values within twice their ranges.</exception>
    public static AvatarFactors From(ReadOnlySpan<float> values)
    {
        if (values.Length != Count) throw new EngineException($"An avatar has {Count} factors ({string.Join(", ", Names)}), not {values.Length}.");
        for (int i = 0; i < Count; i++)
        {
            float low = s_all[i].Low, high = s_all[i].High, room = (high - low) / 2;
            if (!(values[i] >= low - room && values[i] <= high + room))
                throw new EngineException($"Avatar factor {s_all[i].Name} is {values[i]}; it goes from {low} to {high}, and half that width beyond at most.");
        }
        return new AvatarFactors(values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]);
    }

    /// <summary>Writes the factors as a row, <see cref="Count"/> numbers in the order of <see cref="Names"/>.</summary>
    public void CopyTo(Span<float> values) =>
        (values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]) = (Yaw, Pitch, Smile, Open, Brow, Light, Hue, Tone);

    /// <summary>These with factor <paramref name="index"/> replaced.</summary>
    public AvatarFactors With(int index, float value)
    {
        Span<float> values = stackalloc float[Count];
        CopyTo(values);
        values[index] = value;
        return From(values);
    }
}
