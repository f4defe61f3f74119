namespace GenEngine.Data;

/// <summary>
/// Draws one avatar after another. A head is an egg seen along parallels: each pixel is traced back to the egg's surface, turned
/// into the head's own coordinates by pose, painted with the face there, and lit by its normal, so that features shorten and vanish
/// round the side as they should. Only + - * / and square roots of single precision are used, none of them fused: every machine
/// that follows IEEE 754 draws the same bytes. Edges are smoothed by their distance from the pixel's middle, one sample a pixel.
/// </summary>
/// <remarks>x to the right, y down, z to the viewer; a head is about 1 high. Distances inside a shape are positive.</remarks>
internal sealed partial class AvatarPainter
{
    private const float Depth = 0.44f;

    /// <summary>Half the picture's side, and the height of its middle: what the camera sees.</summary>
    private const float Half = 0.82f, Middle = -0.13f;

    private AvatarIdentity _who = AvatarCast.All[0];
    private AvatarFactors _now;
    private HairCut _cut = HairCut.Of(HairStyle.Bald);
    private float _pixel, _sinYaw, _cosYaw, _sinPitch, _cosPitch;
    private float _lightX, _lightY, _lightZ;
    private float _headX, _headY, _chin;
    private Tint _groundTop, _groundLow;

    /// <param name="who">Whom to draw.</param>
    /// <param name="now">In which pose and light.</param>
    /// <param name="size">Pixels a side.</param>
    /// <param name="pixels">[size, size, 3], RGB.</param>
    public void Draw(AvatarIdentity who, in AvatarFactors now, int size, Span<byte> pixels)
    {
        Pose(who, now, size);
        for (int row = 0, at = 0; row < size; row++)
        {
            float y = Half * (2 * row + 1 - size) / size + Middle;
            for (int column = 0; column < size; column++, at += 3)
            {
                float x = Half * (2 * column + 1 - size) / size;
                Tint color = Color(x, y);
                (pixels[at], pixels[at + 1], pixels[at + 2]) = (Byte(color.R), Byte(color.G), Byte(color.B));
            }
        }
    }

    private static byte Byte(float value) => (byte)(Clamp(value) * 255 + 0.5f);

    private void Pose(AvatarIdentity who, in AvatarFactors now, int size)
    {
        (_who, _now, _cut, _pixel) = (who, now, HairCut.Of(who.Hair), 2 * Half / size);
        (_sinYaw, _cosYaw) = SinCos(now.Yaw);
        (_sinPitch, _cosPitch) = SinCos(now.Pitch);
        (float across, float along) = SinCos(now.Light);
        (_lightX, _lightY, _lightZ) = (0.9f * across, -0.42f, 0.9f * along); // from a little above; a unit vector all but exactly
        (_headX, _headY) = (0.07f * _sinYaw, -0.04f - 0.06f * _sinPitch);   // a head turns about its neck
        _chin = who.Height * (1 + 0.1f * now.Open + (who.Beard == FacialHair.Beard ? 0.07f : 0));

        Tint hue = Hue(now.Hue);
        float tone = 0.34f + 0.5f * now.Tone;
        _groundTop = (tone + 0.12f) * hue;
        _groundLow = (0.62f * tone) * hue;
        SetFace();
        SetHair();
    }

    private Tint Color(float x, float y)
    {
        Tint color = _groundTop.To(_groundLow, (y + 0.95f) / 1.65f);
        float glow = Clamp(1 - (x * x + (y + 0.1f) * (y + 0.1f)) / 1.6f);
        color = (1 + 0.16f * glow) * color;
        PaintBackHair(ref color, x, y);
        PaintBody(ref color, x, y);
        PaintEars(ref color, x, y, before: true);
        PaintBalls(ref color, x, y, before: true);
        float dx = x - _headX, dy = y - _headY;
        if (dx * dx + dy * dy < 0.75f)
        {
            if (Egg(x, y, _who.Width, _who.Height, _chin, Depth, 0, out Surface skin)) PaintFace(ref color, skin, x, y);
            PaintEars(ref color, x, y, before: false);
            PaintHair(ref color, x, y);
        }
        PaintBalls(ref color, x, y, before: false);
        return color;
    }

    /// <summary>Shoulders, neck and collar, the neck in the chin's shadow.</summary>
    private void PaintBody(ref Tint color, float x, float y)
    {
        if (y < 0.2f) return;
        float neckWidth = 0.19f + 0.06f * Clamp((y - 0.45f) / 0.3f) + (_who.Width - 0.4f);
        if (_cut.Veil) neckWidth += 0.06f;
        float neck = neckWidth - Abs(x);
        float u = x / 0.86f, v = (y - 1.16f) / 0.62f, round = 1 - u * u * u * u - v * v;
        float collar = (x / 0.27f) * (x / 0.27f) + ((y - 0.55f) / 0.2f) * ((y - 0.55f) / 0.2f) - 1; // outside the neckline
        float normal = Clamp(x / neckWidth, -1, 1);
        if (neck > -_pixel)
        {
            Tint skin = Lit(_cut.Veil ? 0.85f * _who.Cloth : _who.Skin, normal, 0.1f, Root(1 - normal * normal * 0.99f), 0.05f);
            float below = y - _headY - _chin + 0.02f, shift = x + 0.25f * _lightX * 0.4f;
            float shade = Clamp(0.62f + below * 1.6f + shift * shift * 0.8f, 0.5f, 1);
            Over(ref color, shade * skin, Cover(neck));
        }
        if (round > -0.2f)
        {
            float inside = round * 0.16f;
            float across = Clamp(x / 0.9f, -1, 1), down = -Root(Clamp(1 - across * across)) * 0.55f;
            Tint cloth = Lit(_who.Cloth, across * 0.95f, down, 0.8f, 0.02f);
            float fold = 1 - 0.05f * Wave(2.3f * x + 0.8f * y * x);
            if (_cut.Veil) collar = Max(collar, 1);
            else cloth = cloth.To(0.72f * cloth, Band(collar, 0.02f, 0.34f));
            Over(ref color, fold * cloth, Cover(inside) * Clamp(collar * 0.12f / _pixel + 0.5f));
        }
    }

    /// <summary>A place on an egg: how much of the pixel it covers, its normal as seen, and where it lies in the head's coordinates.</summary>
    private struct Surface
    {
        public float Cover, X, Y, Z, HeadX, HeadY, HeadZ;
    }

    /// <summary>
    /// The egg of a head (or of the hair round it) at a pixel; false outside. <paramref name="ripple"/> moves its outline outwards,
    /// as a share of its size.
    /// </summary>
    private bool Egg(float x, float y, float width, float top, float low, float depth, float ripple, out Surface s)
    {
        s = default;
        float dy = y - _headY, height = dy < 0 ? top : low, t = dy / height;
        if (Abs(t) > 1.25f) return false;
        float fall = t > 0 ? _who.Jaw : 0.04f, narrow = 1 - fall * t * t;
        float dx = x - _headX - _sinYaw * (t > 0 ? 0.1f * t * t : -0.05f * t * t); // the chin goes forward, the back of the head back
        float u = dx / (width * narrow), square = _who.Square;
        float uu = u * u, tt = t * t, r = (uu + tt - square * uu * tt) / ((1 + ripple) * (1 + ripple));
        float gx = (2 * u - 2 * square * u * tt) / (width * narrow);
        float gy = (2 * t - 2 * square * uu * t + (2 * u - 2 * square * u * tt) * 2 * u * fall * t / narrow) / height;
        float slope = Root(gx * gx + gy * gy) + 1e-4f;
        s.Cover = Clamp((1 - r) / slope / _pixel + 0.5f);
        if (s.Cover <= 0) return false;

        float z = depth * Root(Clamp(1 - r, 0.003f, 1)), gz = 2 * z / (depth * depth);
        float scale = 1 / Root(gx * gx + gy * gy + gz * gz);
        (s.X, s.Y, s.Z) = (gx * scale, gy * scale, gz * scale);
        float back = z * _cosPitch - dy * _sinPitch;
        s.HeadY = dy * _cosPitch + z * _sinPitch;
        s.HeadX = dx * _cosYaw - back * _sinYaw;
        s.HeadZ = dx * _sinYaw + back * _cosYaw;
        return true;
    }

    /// <summary>Where a point of the head is seen.</summary>
    private (float X, float Y, float Z) Seen(float x, float y, float z)
    {
        float side = x * _cosYaw + z * _sinYaw, back = z * _cosYaw - x * _sinYaw;
        return (_headX + side, _headY + y * _cosPitch - back * _sinPitch, y * _sinPitch + back * _cosPitch);
    }

    /// <summary>
    /// A surface in this light: shadows stay warm and never black, light wraps a little round the edge, and the highlight is
    /// that of a matt thing.
    /// </summary>
    private Tint Lit(Tint color, float nx, float ny, float nz, float gloss)
    {
        float facing = nx * _lightX + ny * _lightY + nz * _lightZ;
        float k = Clamp((facing + 0.28f) / 1.2f);
        k *= 2 - k; // rises fast out of the shadow, then flattens
        Tint lit = new Tint(0.42f + 0.68f * k, 0.35f + 0.74f * k, 0.36f + 0.74f * k) * color;
        float hz = _lightZ + 1, half = (nx * _lightX + ny * _lightY + nz * hz) / Root(_lightX * _lightX + _lightY * _lightY + hz * hz);
        float shine = Clamp(half);
        shine *= shine;
        shine *= shine;
        shine *= shine;
        shine = shine * shine * gloss * (facing > 0 ? 1 : 0);
        return lit + new Tint(shine, shine, shine);
    }

    private static Tint Hue(float hue)
    {
        // through five colours that go well with skin: orange, sand green, teal, blue, violet
        Span<Tint> stops = [Tint.Hex(0xF2A65E), Tint.Hex(0xB9C878), Tint.Hex(0x6FC7B2), Tint.Hex(0x74A9E6), Tint.Hex(0xB995E0)];
        float at = Clamp(hue) * 4;
        int i = Math.Min(3, (int)at);
        return stops[i].To(stops[i + 1], at - i);
    }

    private static void Over(ref Tint under, Tint color, float alpha) => under = under.To(color, alpha);

    /// <summary>Share of a pixel that lies inside an edge <paramref name="inside"/> away.</summary>
    private float Cover(float inside) => Clamp(inside / _pixel + 0.5f);

    /// <summary>From 0 at <paramref name="from"/> to 1 at <paramref name="to"/>, smoothly; from may be the greater.</summary>
    private static float Step(float value, float from, float to)
    {
        float t = Clamp((value - from) / (to - from));
        return t * t * (3 - 2 * t);
    }

    /// <summary>1 between the two values, 0 outside, soft over 0.06.</summary>
    private static float Band(float value, float low, float high) => Clamp((value - low) / 0.06f + 0.5f) * Clamp((high - value) / 0.06f + 0.5f);

    /// <summary>A wave of period 1 between 0 and 1, of parabolas.</summary>
    private static float Wave(float t)
    {
        float u = 2 * (t - MathF.Floor(t));
        return u < 1 ? 0.5f + 2 * u * (1 - u) : 0.5f - 2 * (u - 1) * (2 - u);
    }

    private static float Clamp(float value, float low = 0, float high = 1) => value < low ? low : value > high ? high : value;

    private static float Abs(float value) => value < 0 ? -value : value;

    private static float Max(float a, float b) => a > b ? a : b;

    private static float Min(float a, float b) => a < b ? a : b;

    private static float Root(float value) => MathF.Sqrt(value); // correctly rounded everywhere

    /// <summary>By the series, up to half a turn either way: the library's differ between systems in the last bit.</summary>
    private static (float Sin, float Cos) SinCos(float degrees)
    {
        double x = degrees * (3.14159265358979323846 / 180), sin = 0, cos = 0, term = 1;
        for (int n = 1; n <= 30; n += 2)
        {
            cos += term;
            term *= x / n;
            sin += term;
            term *= -x / (n + 1);
        }
        return ((float)sin, (float)cos);
    }
}
