namespace GenEngine.Data;

/// <summary>
/// A hair style as an egg round the head: how far it stands off, where it ends at the forehead, at the temples and at the neck
/// (heights in the head's coordinates), and how its outline ripples.
/// </summary>
internal sealed record HairCut
{
    private static readonly HairCut[] s_all = [.. Enum.GetValues<HairStyle>().Select(Make)];

    public bool None { get; init; }

    public float Grow { get; init; } = 0.07f;

    public float Top { get; init; } = 0.08f;

    public float Front { get; init; } = -0.3f;

    public float Temple { get; init; } = -0.02f;

    public float Nape { get; init; } = 0.2f;

    /// <summary>How much the hairline falls to the sides of the forehead.</summary>
    public float Arch { get; init; } = 0.6f;

    /// <summary>Hairline higher on the viewer's left than on the right.</summary>
    public float Part { get; init; }

    /// <summary>Lower end of the hair behind the neck; none when at the head's middle.</summary>
    public float BackEnd { get; init; }

    public float BackWidth { get; init; }

    public float Ripple { get; init; }

    public float Ripples { get; init; }

    public bool Cloth { get; init; }

    public bool Veil { get; init; }

    /// <summary>Balls of hair in head coordinates with their radius: a bun, pigtails on both sides, or a cloud round all of the head.</summary>
    public (float X, float Y, float Z, float Radius)[] Balls { get; init; } = [];

    public static HairCut Of(HairStyle style) => s_all[(int)style];

    private static HairCut Make(HairStyle style) => style switch
    {
        HairStyle.Bald => new() { None = true },
        HairStyle.Crop => new() { Grow = 0.035f, Top = 0.05f, Front = -0.31f, Temple = -0.06f, Nape = 0.1f, Arch = 0.35f },
        HairStyle.SidePart => new() { Top = 0.16f, Front = -0.27f, Part = 0.28f, Arch = 0.3f },
        HairStyle.Fringe => new() { Top = 0.12f, Grow = 0.09f, Front = -0.26f, Temple = 0.04f, Arch = 0.1f, Ripple = 0.02f, Ripples = 9 },
        HairStyle.Bob => new() { Top = 0.12f, Grow = 0.16f, Front = -0.26f, Temple = 0.3f, Nape = 0.36f, Arch = 0.2f, BackEnd = 0.42f, BackWidth = 0.44f },
        HairStyle.Long => new() { Top = 0.1f, Grow = 0.12f, Front = -0.4f, Temple = 0.3f, Nape = 0.5f, Arch = 3.2f, BackEnd = 0.98f, BackWidth = 0.43f },
        HairStyle.Waves => new() { Top = 0.16f, Grow = 0.2f, Front = -0.33f, Temple = 0.34f, Nape = 0.5f, Part = -0.2f, Arch = 1.6f, BackEnd = 0.8f, BackWidth = 0.5f, Ripple = 0.035f, Ripples = 13 },
        HairStyle.Afro => new() { Top = 0.22f, Grow = 0.1f, Front = -0.29f, Temple = 0.03f, Nape = 0.3f, Arch = 0.5f, Ripple = 0.03f, Ripples = 21, Balls = [(0, -0.17f, -0.08f, 0.6f)] },
        HairStyle.Bun => new() { Top = 0.07f, Grow = 0.05f, Front = -0.33f, Temple = -0.03f, Arch = 1.1f, Balls = [(0, -0.6f, -0.12f, 0.19f)] },
        HairStyle.Spikes => new() { Top = 0.24f, Grow = 0.12f, Front = -0.28f, Temple = -0.05f, Nape = 0.1f, Arch = 0.5f, Ripple = 0.1f, Ripples = 17 },
        HairStyle.Pigtails => new() { Top = 0.08f, Grow = 0.06f, Front = -0.28f, Temple = 0, Arch = 0.8f, Balls = [(-0.5f, 0.06f, -0.1f, 0.17f), (0.5f, 0.06f, -0.1f, 0.17f), (-0.54f, 0.26f, -0.1f, 0.13f), (0.54f, 0.26f, -0.1f, 0.13f)] },
        HairStyle.Beanie => new() { Top = 0.24f, Grow = 0.1f, Front = -0.26f, Temple = -0.18f, Nape = -0.05f, Arch = 0.1f, Cloth = true },
        HairStyle.Scarf => new() { Top = 0.14f, Grow = 0.14f, Cloth = true, Veil = true },
        HairStyle.Quiff => new() { Top = 0.3f, Grow = 0.05f, Front = -0.3f, Temple = -0.04f, Nape = 0.1f, Arch = 0.9f, Part = 0.1f, Ripple = 0.02f, Ripples = 7 },
        _ => throw new ArgumentOutOfRangeException(nameof(style), style, null),
    };
}

internal sealed partial class AvatarPainter
{
    private readonly (float X, float Y, float Z, float Radius)[] _balls = new (float, float, float, float)[4];
    private int _ballCount;
    private Tint _hair;
    private float _hairWidth, _hairTop, _hairLow, _hairDepth;

    private void SetHair()
    {
        _hair = _cut.Cloth ? _who.Cloth : _who.HairTint;
        _hairWidth = _who.Width * (1 + _cut.Grow);
        _hairTop = _who.Height * (1 + _cut.Top);
        _hairLow = _chin * (1 + 0.6f * _cut.Grow);
        _hairDepth = Depth * (1 + _cut.Grow);
        _ballCount = 0;
        foreach ((float x, float y, float z, float radius) in _cut.Balls)
        {
            (float sx, float sy, float sz) = Seen(x, y, z);
            _balls[_ballCount++] = (sx, sy, sz, radius);
        }
    }

    /// <summary>Hair that hangs behind the neck.</summary>
    private void PaintBackHair(ref Tint color, float x, float y)
    {
        float end = _cut.Veil ? 0.75f : _cut.BackEnd, width = _cut.Veil ? 0.36f : _cut.BackWidth;
        if (end <= 0) return;
        float dx = x - _headX + 0.1f * _sinYaw, wavy = _cut.Ripple * 0.6f * (Wave(3 * y) - 0.5f);
        float half = width + (dx < 0 ? -wavy : wavy) + 0.05f * Clamp(y);
        float above = Clamp((_headY + 0.2f - y) / 0.35f);
        float side = half - Abs(dx) - 0.14f * above * above, low = end - y - 0.12f * dx * dx, high = y - _headY + 0.15f;
        float inside = Min(Min(side, low), high);
        if (inside < -_pixel) return;
        float n = Clamp(dx / half, -1, 1);
        Tint hair = (0.78f * Strands(dx, y)) * Lit(_hair, n, 0, Root(1 - 0.99f * n * n), 0.03f);
        Over(ref color, hair, Cover(inside));
    }

    private void PaintHair(ref Tint color, float x, float y)
    {
        if (_cut.None) return;
        float dx = x - _headX, dy = y - _headY, ripple = 0;
        if (_cut.Ripple > 0)
        {
            float diamond = dx / (Abs(dx) + Abs(dy) + 1e-4f); // an angle without a tangent
            float wave = Wave(_cut.Ripples * 0.25f * diamond + 0.15f);
            ripple = _cut.Ripple * (wave - 0.5f) * (dy < 0.25f ? 1 : 0.4f);
        }
        if (_cut.Nape <= 0.25f && !_cut.Veil) ripple -= 0.9f * _cut.Grow * Step(dy, -0.1f, 0.1f); // short hair lies close at the neck
        if (!Egg(x, y, _hairWidth, _hairTop, _hairLow, _hairDepth, ripple, out Surface s)) return;
        float hx = s.HeadX, hy = s.HeadY, hz = s.HeadZ, side = Abs(hx);
        float inside;
        if (_cut.Veil)
        {
            float ox = hx / (0.8f * _who.Width), oy = (hy - 0.03f) / (0.84f * _who.Height), o = ox * ox + oy * oy;
            inside = hz < 0 ? 1 : (o - 1) * 0.16f;
        }
        else
        {
            float front = _cut.Front + _cut.Arch * hx * hx - _cut.Part * (hx + 0.1f) * (hx < 0.3f ? 1 : 0.5f) - 0.02f * _cut.Ripples * _cut.Ripple * (Wave(9 * hx) - 0.5f);
            float line = front + (_cut.Temple - front) * Step(side, 0.8f * (1 + 0.4f * _cut.Grow) * _who.Width, 0.98f * (1 + 0.4f * _cut.Grow) * _who.Width);
            line += (_cut.Nape - line) * Step(hz, 0.14f, -0.06f);
            inside = line - hy;
        }
        float cover = s.Cover * Clamp(inside / (1.3f * _pixel) + 0.5f);
        // hair throws a soft shadow on the forehead
        if (s.Cover > 0.5f && inside < 0 && hz > 0) Over(ref color, 0.55f * color, 0.4f * Clamp(1 + inside / 0.07f));
        if (cover <= 0) return;

        float texture = _cut.Cloth ? Weave(hx, hy, inside) : Strands(hx, hy);
        Tint hair = texture * Lit(_hair, s.X, s.Y, s.Z, _cut.Cloth ? 0.03f : 0.1f);
        if (!_cut.Cloth && _cut.Ripples < 15)
        {
            float facing = s.X * _lightX + s.Y * _lightY + s.Z * _lightZ, ring = 1 - Abs(facing - 0.78f) / 0.13f; // the ring that combed hair shows
            hair = hair.To(hair + new Tint(0.16f, 0.14f, 0.12f), Clamp(ring) * (0.4f + 0.6f * Wave(6 * hx)));
        }
        float edge = 1 - 0.25f * Clamp(1 - inside / 0.05f);
        Over(ref color, edge * hair, cover);
    }

    private void PaintEars(ref Tint color, float x, float y, bool before)
    {
        if (_cut.Veil || _cut.Temple > 0.2f) return;
        float dy = y - _headY;
        if (Abs(dy) > 0.3f) return;
        for (int side = -1; side <= 1; side += 2)
        {
            (float ex, float ey, float ez) = Seen(side * (_who.Width + 0.012f), 0.015f, -0.05f);
            float wide = 0.058f + 0.03f * Clamp(ez / 0.2f), u = (x - ex) / wide, v = (y - ey) / 0.1f;
            u -= side * -0.12f * v;
            float r = u * u + v * v;
            if (_who.Earrings)
            {
                float jx = (x - ex + side * 0.01f) / 0.026f, jy = (y - ey - 0.125f) / 0.032f, j = jx * jx + jy * jy;
                if (j < 2 && (before || ez > 0.02f)) Over(ref color, Lit(Tint.Hex(0xF0C04A), jx * 0.8f, jy * 0.8f, 0.4f, 0.5f), Clamp((1 - j) * 0.015f / _pixel + 0.5f));
            }
            if (r > 1.6f || (!before && ez < 0)) continue;
            float shown = before ? 1 : Step(ez, 0, 0.12f);
            Tint ear = Lit(_who.Skin, side * 0.55f + 0.4f * u, 0.3f * v, 0.65f, 0.05f);
            float inner = Clamp(1.6f * (0.4f - (u + 0.2f * side) * (u + 0.2f * side) - v * v * 0.9f));
            ear = ear.To(0.66f * ear, inner);
            Over(ref color, ear, shown * Clamp((1 - r) * 0.03f / _pixel + 0.5f));
        }
    }

    private void PaintBalls(ref Tint color, float x, float y, bool before)
    {
        for (int i = 0; i < _ballCount; i++)
        {
            (float bx, float by, float bz, float radius) = _balls[i];
            if (before != bz < 0.05f) continue;
            float u = (x - bx) / radius, v = (y - by) / radius, r = u * u + v * v;
            if (r > 1.4f) continue;
            float bump = 1 + 0.02f / radius * (Wave(1.6f * u + 0.7f * v / radius) - 0.5f) * (Wave(0.9f * v / radius) - 0.2f), z = Root(Clamp(1 - r, 0.01f, 1));
            Tint hair = (0.95f * Strands((1.4f * u + 0.5f * v) * radius, v * radius)) * Lit(_who.HairTint, u, v, z, 0.1f);
            Over(ref color, hair, Cover((bump - Root(r)) * radius));
        }
    }

    /// <summary>Darker and lighter streaks along the hair.</summary>
    private float Strands(float x, float y) => 0.88f + 0.12f * Wave(7 * x + 1.5f * y) + 0.1f * Wave(16.3f * x - 1.1f * y + 0.3f);

    /// <summary>A knitted band for the cap, folds for the scarf.</summary>
    private float Weave(float x, float y, float inside) => _cut.Veil
        ? 0.93f + 0.09f * Wave(2.2f * y + 1.2f * x + 3 * inside)
        : inside < 0.15f ? 1.02f + 0.16f * Wave(11 * x) - 0.25f * Clamp((inside - 0.13f) / 0.02f) : 0.86f + 0.1f * Wave(6 * x);
}
