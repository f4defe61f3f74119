namespace GenEngine.Data;

internal sealed partial class AvatarPainter
{
    private const float EyeLine = -0.05f;
    private const float MouthLine = 0.265f;

    private (float X, float Y) _bridge, _tip;
    private float _eyeHeight, _lowerLid, _mouthWidth, _gap, _mouthY, _browY, _curve;

    private void SetFace()
    {
        (float bx, float by, _) = Seen(0, EyeLine + 0.01f, Depth);
        (float tx, float ty, _) = Seen(0, EyeLine + _who.NoseLength + 0.05f, Depth + 0.1f);
        (_bridge, _tip) = ((bx, by), (tx, ty));
        _eyeHeight = _who.EyeHeight * (1.12f + 0.2f * _now.Brow);
        _lowerLid = 0.85f - 0.2f * Max(0, _now.Smile);
        _mouthWidth = 0.15f * (1 + 0.2f * _now.Smile) * (1 - 0.16f * _now.Open);
        _curve = (_now.Smile < 0 ? 0.075f : 0.11f) * _now.Smile;
        _gap = 0.09f * _now.Open;
        _mouthY = MouthLine + 0.045f * _now.Open;
        _browY = EyeLine - 0.128f - 0.042f * _now.Brow;
    }

    private void PaintFace(ref Tint color, in Surface s, float x, float y)
    {
        float hx = s.HeadX, hy = s.HeadY, side = Abs(hx), front = Step(s.HeadZ, 0, 0.12f);
        float blur = _pixel / Max(s.Z, 0.35f); // a pixel is longer on a slanted surface

        // the nose is relief: it bends the normal
        float nx = s.X, ny = s.Y, nz = s.Z, shade = 1;
        Nose(x, y, ref nx, ref ny, ref nz, ref shade);

        Tint skin = _who.Skin;
        float cheekX = (side - 0.22f) / 0.11f, cheekY = (hy - 0.12f) / 0.09f, cheek = Clamp(1 - cheekX * cheekX - cheekY * cheekY);
        skin = skin.To(new Tint(skin.R, skin.G * 0.72f, skin.B * 0.72f), 0.5f * cheek * front * (0.6f + 0.4f * Max(0, _now.Smile)));
        if (_who.Freckles) Freckles(ref skin, hx, hy, front);
        float gloss = 0.16f;
        if (_who.Beard != FacialHair.None) Beard(ref skin, ref gloss, hx, hy, s.HeadZ);
        float socketX = (side - _who.EyeGap) / 0.14f, socketY = (hy - EyeLine + 0.035f) / 0.1f;
        shade *= 1 - 0.14f * front * Clamp(1 - socketX * socketX - socketY * socketY);
        float creaseX = hx / 0.1f, creaseY = (hy - _mouthY - _gap - 0.085f) / 0.03f;
        shade *= 1 - 0.12f * front * Clamp(1 - creaseX * creaseX - creaseY * creaseY);

        Tint face = shade * Lit(skin, nx, ny, nz, gloss);
        if (s.HeadZ > 0.02f)
        {
            float light = Clamp(0.62f + 0.42f * (s.X * _lightX + s.Y * _lightY + s.Z * _lightZ), 0.45f, 1.02f);
            if (Abs(hy - _mouthY) < 0.2f && side < 0.22f) Mouth(ref face, hx, hy, blur, light);
            float eye = hx < 0 ? -1 : 1;
            if (hy < 0.1f && hy > -0.33f)
            {
                Eye(ref face, eye, (side - _who.EyeGap) / _who.EyeWidth, hy, blur, light);
                Brow(ref face, (side - _who.EyeGap) / (1.3f * _who.EyeWidth), hy, blur, light);
                if (_who.Glasses != Glasses.None) Frames(ref face, side, hy, blur, light);
            }
        }
        Over(ref color, face, s.Cover);
    }

    /// <summary>A ridge from between the eyes to the tip, its underside in shade, and the shadow that it throws.</summary>
    private void Nose(float x, float y, ref float nx, ref float ny, ref float nz, ref float shade)
    {
        float ax = _tip.X - _bridge.X, ay = _tip.Y - _bridge.Y, px = x - _bridge.X, py = y - _bridge.Y;
        if (Abs(px) > 0.4f || py < -0.1f || py > 0.4f) return;
        float along = Clamp((px * ax + py * ay) / (ax * ax + ay * ay));
        float radius = 0.035f + (_who.NoseWidth - 0.028f) * along * along;
        float ox = (px - along * ax) / radius, oy = (py - along * ay) / radius, oo = ox * ox + oy * oy;
        float wings = _who.NoseWidth, wx = (Abs(x - _tip.X) - 0.62f * wings) / (0.5f * wings), wy = (y - _tip.Y - 0.012f) / (0.52f * wings), ww = wx * wx + wy * wy;
        if (oo < 1.9f)
        {
            float bump = Clamp(1 - oo / 1.9f), tilt = (0.9f + 1.1f * along) * bump;
            (nx, ny, nz) = (nx + tilt * ox, ny + tilt * oy, nz + 0.25f * along * bump);
        }
        if (ww < 1)
        {
            float bump = 0.9f * (1 - ww);
            (nx, ny) = (nx + bump * (x < _tip.X ? -1 : 1) * wx, ny + bump * wy);
        }
        float scale = 1 / Root(nx * nx + ny * ny + nz * nz);
        (nx, ny, nz) = (nx * scale, ny * scale, nz * scale);

        float sx = (x - _tip.X + 0.07f * _lightX) / (1.25f * wings), sy = (y - _tip.Y - 0.062f) / 0.034f, ss = sx * sx + sy * sy;
        shade *= 1 - 0.3f * Clamp(1.3f * (1 - ss));
        float hx = (Abs(x - _tip.X) - 0.45f * wings) / 0.02f, hy = (y - _tip.Y - 0.042f) / 0.013f;
        shade *= 1 - 0.5f * Clamp(1.4f * (1 - hx * hx - hy * hy));
    }

    private void Eye(ref Tint face, float side, float u, float hy, float blur, float light)
    {
        if (Abs(u) > 1.35f) return;
        float height = _eyeHeight, v = (hy - EyeLine) / height + _who.Slant * u, lid = 1 - u * u, outer = u > 0 ? 1 : 0;
        float open = Min(v + lid, _lowerLid * lid - v) * height;
        if (_who.MadeUp)
        {
            float shadow = Clamp((v + lid + 0.75f) / 0.75f) * Clamp(-(v + lid) / 0.2f + 0.6f) * Step(1.25f, Abs(u), 0.6f);
            Over(ref face, new Tint(0.42f, 0.24f, 0.34f), 0.3f * shadow * Clamp(1.3f - Abs(u)));
        }

        float inside = Clamp(open / blur + 0.5f);
        if (inside > 0)
        {
            float under = Clamp((v + lid) * 1.6f); // the upper lid throws a shadow
            Tint white = (light * (0.74f + 0.26f * under)) * new Tint(0.99f, 0.97f, 0.95f);
            // gaze stays with the camera for part of the turn, as eyes do
            float ix = u * _who.EyeWidth * side + 0.03f * _sinYaw, iy = hy - EyeLine + 0.004f - 0.02f * _sinPitch;
            float radius = Min(0.94f * _who.EyeHeight, 0.64f * _who.EyeWidth), d = Root(ix * ix + iy * iy);
            float rim = d / radius;
            Tint iris = _who.Iris.To(0.4f * _who.Iris, Step(rim, 0.72f, 1.05f));
            iris = (1 + 0.5f * Clamp(iy / radius)) * (light * iris);
            Over(ref white, iris, Clamp((radius - d) / blur + 0.5f));
            Over(ref white, new Tint(0.05f, 0.04f, 0.05f), Clamp((0.5f * radius - d) / blur + 0.5f));
            float gx = ix - 0.38f * radius * (_lightX < 0 ? -1 : 1), gy = iy + 0.4f * radius;
            Over(ref white, new Tint(1, 1, 1), 0.92f * Clamp((0.34f * radius - Root(gx * gx + gy * gy)) / blur + 0.5f));
            Over(ref face, white, inside);
        }

        float line = (_who.MadeUp ? 0.017f : 0.011f) * (0.7f + 0.5f * Clamp((u + 1) / 2));
        float wing = _who.MadeUp ? 0.22f * outer : 0.05f * outer;
        float upper = line - Abs(v + lid + wing * Step(u, 0.75f, 1.2f)) * height;
        float reach = Clamp((1.1f + wing - Abs(u)) / 0.15f);
        Over(ref face, new Tint(0.16f, 0.1f, 0.09f), Clamp(upper / blur + 0.5f) * reach);
        float lower = 0.006f - Abs(v - _lowerLid * lid) * height;
        Over(ref face, 0.5f * _who.Skin, 0.5f * Clamp(lower / blur + 0.5f) * Clamp((1 - Abs(u)) / 0.2f));
        float fold = 0.007f - Abs(v + 1.42f * lid + 0.1f) * height;
        Over(ref face, 0.55f * _who.Skin, 0.4f * Clamp(fold / blur + 0.5f) * Clamp((1 - Abs(u)) / 0.3f));
    }

    private void Brow(ref Tint face, float u, float hy, float blur, float light)
    {
        if (Abs(u) > 1.15f) return;
        float frown = Max(0, -_now.Brow), raise = Max(0, _now.Brow);
        float middle = _browY + 0.028f * u * u + frown * 0.03f * (0.2f - u) - raise * 0.014f * (1 - u * u) - 0.03f * _who.Slant * u;
        float weight = _who.BrowWeight * (1 - 0.38f * Clamp(u) - 0.15f * Clamp(-u));
        Tint hair = (0.4f + 0.5f * light) * (_who.HairTint.To(Tint.Hex(0x3A2A22), 0.35f));
        Over(ref face, hair, 0.92f * Clamp((weight - Abs(hy - middle)) / blur + 0.5f) * Clamp((1.05f - Abs(u)) / 0.16f));
    }

    private void Mouth(ref Tint face, float hx, float hy, float blur, float light)
    {
        float u = hx / _mouthWidth, bow = 1 - u * u;
        if (bow < -0.3f) return;
        float arc = Clamp(bow), middle = _mouthY + _curve * (0.45f - u * u);
        float cupid = Clamp(1 - Abs(u) / 0.28f) * 0.006f;
        float top = middle - _gap * arc - _who.LipWeight * arc * (1.1f - 0.2f * Max(0, _now.Smile)) + cupid;
        float low = middle + _gap * arc + 1.3f * _who.LipWeight * arc;
        Tint lip = (0.35f + 0.68f * light) * _who.Lip;
        float plump = (hy - middle - _gap * arc) / (1.3f * _who.LipWeight + 0.001f); // 0 to 1 over the lower lip
        Tint upper = 0.86f * lip, full = plump > 0 ? (1 + 0.22f * Clamp(1 - Abs(plump - 0.45f) / 0.4f)) * lip : upper;
        Over(ref face, full, 0.95f * Clamp(Min(hy - top, low - hy) / blur + 0.5f) * Clamp(bow / 0.12f));

        float hole = Min(hy - middle + _gap * arc, middle + _gap * arc - hy);
        if (_gap > 0.012f)
        {
            Tint inside = Tint.Hex(0x4A1518);
            float tongueX = hx / (0.6f * _mouthWidth), tongueY = (hy - middle - 0.95f * _gap) / (0.75f * _gap + 0.001f);
            Over(ref inside, light * Tint.Hex(0xC25B5E), Clamp(1.5f * (1 - tongueX * tongueX - tongueY * tongueY)));
            float teeth = middle - 0.38f * _gap - hy;
            Over(ref inside, light * new Tint(0.97f, 0.95f, 0.9f), Clamp(teeth / blur + 0.5f) * Clamp((0.86f - Abs(u)) / 0.1f) * Clamp(_gap / 0.03f));
            Over(ref face, inside, Clamp(hole / blur + 0.5f) * Clamp(bow / 0.1f));
        }
        float line = 0.008f - Abs(hy - middle) + _gap * arc;
        float closed = _gap > 0.012f ? 0 : 1;
        Over(ref face, Tint.Hex(0x5A2426), 0.75f * closed * Clamp(line / blur + 0.5f) * Clamp((bow + 0.12f) / 0.1f));
        float cornerX = (Abs(u) - 1.06f) * _mouthWidth / 0.022f, cornerY = (hy - _mouthY - _curve * (0.45f - 1.05f)) / 0.022f;
        Over(ref face, 0.5f * _who.Skin, 0.45f * Clamp(1.2f * (1 - cornerX * cornerX - cornerY * cornerY)));
    }

    private void Beard(ref Tint skin, ref float gloss, float hx, float hy, float hz)
    {
        float side = Abs(hx), line = side < 0.11f ? 0.365f - 8 * side * side : 0.268f - 1.05f * (side - 0.11f);
        float full = Step(hy - line, -0.015f, 0.035f);
        float overLip = 0.187f + 2.2f * side * side;
        float moustache = Step(hy, overLip - 0.015f, overLip + 0.01f) * Step(hy, _mouthY + 0.03f, _mouthY) * Step(side, 0.2f, 0.15f) * (hz > 0 ? 1 : 0);
        float chinX = hx / 0.13f, chinY = (hy - 0.42f) / 0.13f, chin = Step(1 - chinX * chinX - chinY * chinY, -0.1f, 0.25f) * (hz > 0 ? 1 : 0);
        float strength = _who.Beard switch
        {
            FacialHair.Beard => 0.97f * Max(full, moustache),
            FacialHair.Stubble => 0.34f * Max(full, moustache),
            FacialHair.Moustache => 0.95f * moustache,
            _ => 0.95f * Max(moustache * Step(side, 0.17f, 0.13f), chin),
        };
        float strands = 0.86f + 0.22f * Wave(9 * hx + 2 * hy) * Wave(5 * hy + 3.1f * side);
        Over(ref skin, strands * _who.HairTint, strength);
        gloss *= 1 - strength;
    }

    private static void Freckles(ref Tint skin, float hx, float hy, float front)
    {
        ReadOnlySpan<(float X, float Y)> dots =
            [(0.12f, 0.08f), (0.19f, 0.11f), (0.25f, 0.07f), (0.16f, 0.15f), (0.23f, 0.15f), (0.29f, 0.12f), (0.05f, 0.06f), (0.1f, 0.13f)];
        float side = Abs(hx) + (hx < 0 ? 0.012f : 0);
        foreach ((float x, float y) in dots)
        {
            float dx = (side - x) / 0.016f, dy = (hy - y) / 0.015f;
            Over(ref skin, Tint.Hex(0xC07A4C), 0.6f * front * Clamp(1.4f * (1 - dx * dx - dy * dy)));
        }
    }

    private void Frames(ref Tint face, float side, float hy, float blur, float light)
    {
        float dx = side - _who.EyeGap - 0.004f, dy = hy - EyeLine - 0.004f;
        float inside = _who.Glasses == Glasses.Round
            ? 0.128f - Root(dx * dx + dy * dy)
            : Min(Min(0.135f - Abs(dx), 0.098f - Abs(dy)), (0.2f - Abs(dx) - Abs(dy)) * 0.7071f);
        Over(ref face, new Tint(0.93f, 0.97f, 1), 0.1f * Clamp(inside / blur + 0.5f) + (inside > 0 ? 0.1f * Clamp(1 - Abs(dx + dy + 0.05f) / 0.03f) : 0));
        float rim = 0.0115f - Abs(inside);
        float bridge = side < _who.EyeGap - 0.12f ? 0.011f - Abs(hy - EyeLine + 0.012f) : -1;
        float temple = side > _who.EyeGap + 0.13f ? 0.011f - Abs(hy - EyeLine + 0.03f) : -1;
        Tint frame = _who.Glasses == Glasses.Round ? Tint.Hex(0x8A5A20) : Tint.Hex(0x22222A);
        Over(ref face, (0.35f + 0.7f * light) * frame, Clamp(Max(rim, Max(bridge, temple)) / blur + 0.5f));
    }
}
