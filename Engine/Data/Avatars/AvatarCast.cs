namespace GenEngine.Data;

/// <summary>The sixteen people of the built-in set, chosen so that no single attribute tells them apart.</summary>
internal static class AvatarCast
{
    private static readonly Tint Pale = Tint.Hex(0xF6D3BD), Rosy = Tint.Hex(0xF0BFA0), Olive = Tint.Hex(0xDDAA7E), Tan = Tint.Hex(0xC98F62),
        Brown = Tint.Hex(0x9C6540), Dark = Tint.Hex(0x714528);

    private static readonly Tint Black = Tint.Hex(0x1F1A1C), Umber = Tint.Hex(0x45291B), Chestnut = Tint.Hex(0x74431F), Red = Tint.Hex(0xB4481C),
        Blond = Tint.Hex(0xDDB565), Grey = Tint.Hex(0xB9B8BA);

    private static readonly Tint Blue = Tint.Hex(0x3E79B8), Green = Tint.Hex(0x4D8A54), Amber = Tint.Hex(0x9A6A2A), Cocoa = Tint.Hex(0x4A2C1A);

    public static IReadOnlyList<AvatarIdentity> All { get; } =
    [
        new("ada") { Skin = Pale, HairTint = Umber, Hair = HairStyle.Bob, Cloth = Tint.Hex(0x2F6B73), Iris = Green, Lip = Tint.Hex(0xC2483F), Jaw = 0.28f, MadeUp = true },
        new("boris") { Skin = Rosy, HairTint = Grey, Hair = HairStyle.Bald, Cloth = Tint.Hex(0x3B3F58), Iris = Blue, Beard = FacialHair.Beard, Width = 0.42f, Square = 0.35f, Jaw = 0.14f, BrowWeight = 0.03f, NoseWidth = 0.075f },
        new("chidi") { Skin = Dark, HairTint = Black, Hair = HairStyle.Crop, Cloth = Tint.Hex(0xD9A13B), Iris = Cocoa, Lip = Tint.Hex(0xA0584E), Glasses = Glasses.Round, LipWeight = 0.038f, NoseWidth = 0.078f, Jaw = 0.2f },
        new("dara") { Skin = Olive, HairTint = Black, Hair = HairStyle.Long, Cloth = Tint.Hex(0xB5445C), Iris = Cocoa, Slant = 0.35f, EyeHeight = 0.046f, Jaw = 0.26f, BrowWeight = 0.017f, Lip = Tint.Hex(0xC0605C), MadeUp = true },
        new("elif") { Skin = Rosy, HairTint = Umber, Hair = HairStyle.Scarf, Cloth = Tint.Hex(0x46508F), Iris = Green, Jaw = 0.24f, Height = 0.48f, MadeUp = true, Lip = Tint.Hex(0xBF5F66) },
        new("finn") { Skin = Pale, HairTint = Red, Hair = HairStyle.Spikes, Cloth = Tint.Hex(0x4F7F3F), Iris = Blue, Freckles = true, Width = 0.385f, Jaw = 0.22f, BrowWeight = 0.018f },
        new("gia") { Skin = Tan, HairTint = Chestnut, Hair = HairStyle.Waves, Cloth = Tint.Hex(0xE8E2D4), Iris = Amber, Lip = Tint.Hex(0xB3403E), LipWeight = 0.038f, Earrings = true, EyeHeight = 0.063f, Jaw = 0.25f, MadeUp = true },
        new("hugo") { Skin = Rosy, HairTint = Chestnut, Hair = HairStyle.Quiff, Cloth = Tint.Hex(0x8C3B2E), Iris = Green, Beard = FacialHair.Moustache, Jaw = 0.18f, Square = 0.3f, NoseLength = 0.15f },
        new("imani") { Skin = Brown, HairTint = Black, Hair = HairStyle.Afro, Cloth = Tint.Hex(0xE0702E), Iris = Cocoa, Lip = Tint.Hex(0x97413D), LipWeight = 0.04f, Earrings = true, NoseWidth = 0.072f, Jaw = 0.24f, MadeUp = true },
        new("jun") { Skin = Olive, HairTint = Black, Hair = HairStyle.Fringe, Cloth = Tint.Hex(0x5D5A66), Iris = Cocoa, EyeHeight = 0.04f, Slant = 0.3f, Glasses = Glasses.Square, Jaw = 0.18f, Square = 0.22f },
        new("kofi") { Skin = Dark, HairTint = Black, Hair = HairStyle.Bald, Cloth = Tint.Hex(0x3F8F86), Iris = Cocoa, Lip = Tint.Hex(0xA05A4E), Beard = FacialHair.Goatee, LipWeight = 0.038f, NoseWidth = 0.08f, Width = 0.41f, Jaw = 0.15f, Square = 0.28f },
        new("lena") { Skin = Pale, HairTint = Blond, Hair = HairStyle.Pigtails, Cloth = Tint.Hex(0xC9649A), Iris = Blue, Freckles = true, EyeHeight = 0.068f, EyeWidth = 0.097f, Height = 0.46f, Jaw = 0.2f, BrowWeight = 0.016f, NoseLength = 0.1f },
        new("mateo") { Skin = Tan, HairTint = Umber, Hair = HairStyle.SidePart, Cloth = Tint.Hex(0xEDEDED), Iris = Amber, Beard = FacialHair.Stubble, BrowWeight = 0.032f, Jaw = 0.16f, Square = 0.32f },
        new("nora") { Skin = Rosy, HairTint = Grey, Hair = HairStyle.Bun, Cloth = Tint.Hex(0x6A4C86), Iris = Blue, Glasses = Glasses.Round, Earrings = true, Jaw = 0.22f, LipWeight = 0.024f, Lip = Tint.Hex(0xB4545F) },
        new("omar") { Skin = Brown, HairTint = Black, Hair = HairStyle.Beanie, Cloth = Tint.Hex(0x2F4F8F), Iris = Amber, Beard = FacialHair.Beard, BrowWeight = 0.03f, NoseLength = 0.15f, Jaw = 0.22f },
        new("priya") { Skin = Brown, HairTint = Umber, Hair = HairStyle.Bun, Cloth = Tint.Hex(0xC8922A), Iris = Cocoa, Lip = Tint.Hex(0xA33B45), Slant = 0.15f, EyeWidth = 0.1f, EyeHeight = 0.062f, Earrings = true, Jaw = 0.3f, Width = 0.38f, MadeUp = true },
    ];
}
