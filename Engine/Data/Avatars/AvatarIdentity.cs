namespace GenEngine.Data;

internal enum HairStyle { Bald, Crop, SidePart, Fringe, Bob, Long, Waves, Afro, Bun, Spikes, Pigtails, Beanie, Scarf, Quiff }

internal enum FacialHair { None, Stubble, Moustache, Goatee, Beard }

internal enum Glasses { None, Round, Square }

/// <summary>Who an avatar is: everything that stays the same in all pictures of a class. Lengths are in half picture widths.</summary>
internal sealed record AvatarIdentity(string Name)
{
    public required Tint Skin { get; init; }

    public required Tint HairTint { get; init; }

    public required HairStyle Hair { get; init; }

    public required Tint Cloth { get; init; }

    public Tint Iris { get; init; } = Tint.Hex(0x5A3A22);

    public Tint Lip { get; init; } = Tint.Hex(0xB5605A);

    /// <summary>Half width and half height of the head.</summary>
    public float Width { get; init; } = 0.40f;

    public float Height { get; init; } = 0.50f;

    /// <summary>How much the face narrows to the chin: 0.1 broad, 0.35 pointed.</summary>
    public float Jaw { get; init; } = 0.2f;

    /// <summary>0 an oval, 0.6 nearly a square.</summary>
    public float Square { get; init; } = 0.15f;

    public float EyeGap { get; init; } = 0.165f;

    public float EyeWidth { get; init; } = 0.092f;

    public float EyeHeight { get; init; } = 0.058f;

    /// <summary>Outer corners up (positive) or down, as a share of the eye's height.</summary>
    public float Slant { get; init; }

    public float BrowWeight { get; init; } = 0.022f;

    public float NoseWidth { get; init; } = 0.062f;

    public float NoseLength { get; init; } = 0.13f;

    public float LipWeight { get; init; } = 0.03f;

    public FacialHair Beard { get; init; }

    public Glasses Glasses { get; init; }

    public bool Freckles { get; init; }

    public bool Earrings { get; init; }

    /// <summary>Eye shadow and long lashes.</summary>
    public bool MadeUp { get; init; }
}

/// <summary>A colour, components 0 to 1 as a screen takes them (not linear light: drawings are mixed as painters do).</summary>
internal readonly record struct Tint(float R, float G, float B)
{
    public static Tint Hex(int rgb) => new((rgb >> 16) / 255f, (rgb >> 8 & 255) / 255f, (rgb & 255) / 255f);

    public static Tint operator +(Tint a, Tint b) => new(a.R + b.R, a.G + b.G, a.B + b.B);

    public static Tint operator *(Tint a, Tint b) => new(a.R * b.R, a.G * b.G, a.B * b.B);

    public static Tint operator *(float s, Tint a) => new(s * a.R, s * a.G, s * a.B);

    /// <summary>From this to <paramref name="other"/> by <paramref name="share"/>.</summary>
    public Tint To(Tint other, float share) => new(R + share * (other.R - R), G + share * (other.G - G), B + share * (other.B - B));
}
