using GenEngine.Files;
using GenEngine.Plots;

namespace GenEngine.Bench.Commands;

/// <summary>What 'remake' finds of a file beside the one that was made again.</summary>
/// <param name="IsIdentical">Every pixel or sample is the same.</param>
/// <param name="Text">A line that says so, or how far they are apart.</param>
/// <param name="Notes">What their notes say unlike each other.</param>
internal sealed record RemakeComparison(bool IsIdentical, string Text, IReadOnlyList<string> Notes)
{
    public static RemakeComparison Of(string file, string made)
    {
        byte[] was = File.ReadAllBytes(file), now = File.ReadAllBytes(made);
        if (was.AsSpan().SequenceEqual(now)) return new RemakeComparison(true, $"identical: every byte of {file}", []);
        var (identical, text) = was.AsSpan().StartsWith("RIFF"u8) ? Sounds(WavFile.Read(file), WavFile.Read(made)) : Pictures(file, made, was, now);
        return new RemakeComparison(identical, text, [.. Differing(Provenance.Read(file), Provenance.Read(made))]);
    }

    private static (bool, string) Pictures(string file, string made, byte[] was, byte[] now)
    {
        Bitmap a = Png.Read(file), b = Png.Read(made);
        if ((a.Width, a.Height, a.Channels) != (b.Width, b.Height, b.Channels))
            return (false, FormattableString.Invariant($"different: {a.Width}x{a.Height} of {a.Channels} channel(s), and now {b.Width}x{b.Height} of {b.Channels}"));
        int differ = 0, most = 0;
        for (int at = 0; at < a.Pixels.Length; at += a.Channels)
        {
            int apart = 0;
            for (int channel = 0; channel < a.Channels; channel++) apart = Math.Max(apart, Math.Abs(a.Pixels[at + channel] - b.Pixels[at + channel]));
            if (apart > 0) differ++;
            most = Math.Max(most, apart);
        }

        if (differ > 0) return (false, FormattableString.Invariant($"different: {differ:N0} of {a.Width * a.Height:N0} pixels, by {most} of 255 at most"));
        return AnimatedPng.HasSameFrames(was, now) ? (true, $"identical: every pixel of {file}") : (false, "different: the still picture is the same, and the animation is not");
    }

    private static (bool, string) Sounds(WavSound a, WavSound b)
    {
        if (a.SampleRate != b.SampleRate || a.Samples.Length != b.Samples.Length)
            return (false, FormattableString.Invariant($"different: {a.Samples.Length:N0} samples at {a.SampleRate} a second, and now {b.Samples.Length:N0} at {b.SampleRate}"));
        float[] apart = [.. a.Samples.Zip(b.Samples, (x, y) => Math.Abs(x - y))];
        int differ = apart.Count(difference => difference > 0);
        return differ == 0 ? (true, "identical: every sample") : (false, FormattableString.Invariant($"different: {differ:N0} of {apart.Length:N0} samples, by {apart.Max():G3} at most, where 1 is full scale"));
    }

    private static IEnumerable<string> Differing(IReadOnlyDictionary<string, string> was, IReadOnlyDictionary<string, string> now) => was.Keys.Union(now.Keys)
        .Where(key => was.GetValueOrDefault(key) != now.GetValueOrDefault(key))
        .Select(key => $"{key}: {was.GetValueOrDefault(key, "not said")}, and now {now.GetValueOrDefault(key, "not said")}");
}
