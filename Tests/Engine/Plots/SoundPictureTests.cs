using GenEngine.Files;
using GenEngine.Numerics;
using GenEngine.Plots;
using NUnit.Framework;

namespace GenEngine.Tests.Plots;

public class SoundPictureTests
{
    private static float[] Tone(double hertz, int rate, int count, double amplitude = 1) =>
        [.. Enumerable.Range(0, count).Select(i => (float)(amplitude * Math.Sin(2 * Math.PI * hertz * i / rate)))];

    [TestCase(440.0, 8000, 0)]
    [TestCase(1000.0, 16000, 0)]
    [TestCase(3210.0, 22050, 700)]
    [TestCase(3800.0, 8000, 0)]
    public void TheBrightestBinIsTheTone(double hertz, int rate, int window)
    {
        Spectrogram s = Spectrogram.Of(Tone(hertz, rate, rate), rate, window, transform: 4096);
        Assert.That(s.Frames, Is.EqualTo((rate - 1) / s.Hop + 1));
        for (int frame = 4; frame < s.Frames - 4; frame++)
        {
            ReadOnlySpan<float> levels = s.Levels.AsSpan(frame * s.Bins, s.Bins);
            int best = 0;
            for (int bin = 1; bin < s.Bins; bin++) if (levels[bin] > levels[best]) best = bin;
            Assert.That(s.Frequency(best), Is.EqualTo(hertz).Within(s.Frequency(1) + 1), $"frame {frame}");
            if (hertz < rate * 0.45) Assert.That(levels[best], Is.EqualTo(0).Within(0.2), "a full-scale sine is 0 dB");
        }
    }

    [Test]
    public void LevelsAreDecibels()
    {
        float[] loud = Tone(1000, 8000, 8000), quiet = Tone(1000, 8000, 8000, 0.01);
        Assert.That(Spectrogram.Of(loud, 8000).Levels.Max() - Spectrogram.Of(quiet, 8000).Levels.Max(), Is.EqualTo(40).Within(1e-3));
        Assert.That(Spectrogram.Of(new float[1000], 8000).Levels, Is.All.EqualTo(Spectrogram.Floor));
        // a constant has no mirror image: 1 is 0 dB as well
        Spectrogram constant = Spectrogram.Of([.. Enumerable.Repeat(1f, 2000)], 8000);
        Assert.That(constant.Levels[constant.Frames / 2 * constant.Bins], Is.EqualTo(0).Within(1e-3));
    }

    [Test]
    public void AClickIsWhereItIs()
    {
        var samples = new float[4000];
        samples[2500] = 1;
        Spectrogram s = Spectrogram.Of(samples, 8000, window: 64, hop: 10);
        int best = Enumerable.Range(0, s.Frames).MaxBy(f => s.Levels[f * s.Bins + 7]);
        Assert.That(s.Time(best), Is.EqualTo(2500 / 8000.0).Within(1e-9));
    }

    [TestCase(8000, 256)]
    [TestCase(16000, 512)]
    [TestCase(44100, 1024)]
    [TestCase(10, 8)]
    public void TheUsualWindowIsAboutThirtyMilliseconds(int rate, int window) => Assert.That(Spectrogram.UsualWindow(rate), Is.EqualTo(window));

    [Test]
    public void TheEnvelopeHoldsEverySample()
    {
        var random = new SplitMix64(2);
        foreach ((int n, int columns) in new[] { (1, 1), (1, 9), (5, 5), (64, 7), (1000, 33), (3, 10) })
        {
            float[] samples = [.. Enumerable.Range(0, n).Select(_ => (float)random.NextDouble(-1, 1))];
            (float Min, float Max)[] envelope = Waveform.Envelope(samples, columns);
            Assert.That(envelope, Has.Length.EqualTo(columns));
            Assert.That(envelope.Min(e => e.Min), Is.EqualTo(samples.Min()), $"{n} in {columns}");
            Assert.That(envelope.Max(e => e.Max), Is.EqualTo(samples.Max()), $"{n} in {columns}");
            for (int c = 1; c < columns; c++)
                Assert.That(envelope[c].Min <= envelope[c - 1].Max && envelope[c].Max >= envelope[c - 1].Min, $"{n} in {columns}: columns join");
        }
    }

    [Test]
    public void TheToneIsAtItsHeightInThePicture()
    {
        // 1 kHz of 4: a bright line at a quarter of the spectrogram's height
        Bitmap picture = SoundPicture.Draw(new SoundClip("tone", Tone(1000, 8000, 8000, 0.5), 8000), 600, 400);
        int x = 300;
        int[] dark = [.. Enumerable.Range(0, 400).Where(y => Brightness(picture, x, y) < 60)];
        int brightest = Enumerable.Range(dark[0], dark[^1] - dark[0]).MaxBy(y => Brightness(picture, x, y));
        Assert.That((dark[^1] - brightest) / (double)(dark[^1] - dark[0]), Is.EqualTo(0.25).Within(0.02));
    }

    [Test]
    public void ClipsBesideEachOtherHaveTheSameScales()
    {
        var loud = new SoundClip("real", Tone(500, 8000, 4000), 8000);
        Bitmap both = SoundPicture.SideBySide([loud, loud with { Name = "generated" }]);
        Bitmap quieter = SoundPicture.SideBySide([loud, new SoundClip("generated", Tone(500, 8000, 2000, 0.1), 8000)]);
        Assert.That((quieter.Width, quieter.Height), Is.EqualTo((both.Width, both.Height)));
        // the first clip is drawn as before: the second changed no scale
        for (int y = 0; y < both.Height; y++)
            for (int x = 0; x < both.Width / 2 - 40; x++) Assert.That(quieter[x, y].SequenceEqual(both[x, y]), $"{x},{y}");
        Assert.That(quieter.Pixels, Is.Not.EqualTo(both.Pixels));
    }

    [Test]
    public void SmallAndOddClipsAreDrawn()
    {
        foreach (int n in new[] { 1, 2, 3, 5, 64, 65, 300 })
        {
            foreach (int rate in new[] { 1, 2, 100, 8000, 44100 })
            {
                Bitmap silence = SoundPicture.Draw(new SoundClip("", new float[n], rate), 300, 300);
                float[] samples = [.. Tone(rate / 5.0, rate, n, 1e-3).Select(v => v + 1e-3f)];
                Bitmap sound = SoundPicture.Draw(new SoundClip("", samples, rate), 300, 300);
                Assert.That(sound.Pixels, Is.Not.EqualTo(silence.Pixels), $"{n} samples at {rate} Hz");
            }
        }
        SoundClip[] unlike = [new("a", Tone(100, 8000, 9000), 8000), new("b", [5], 48000), new("c", new float[3], 16000)];
        Assert.DoesNotThrow(() => SoundPicture.SideBySide(unlike, "t", 100, 10));
    }

    [Test]
    public void RefusesWhatIsNoSound()
    {
        Assert.Throws<ArgumentException>(() => SoundPicture.SideBySide([]));
        Assert.Throws<ArgumentException>(() => SoundPicture.Draw(new SoundClip("none", [], 8000)));
        Assert.Throws<ArgumentException>(() => SoundPicture.Draw(new SoundClip("rate", [1], 0)));
        Assert.That(
            Assert.Throws<ArgumentException>(() => SoundPicture.Draw(new SoundClip("nan", [0, 1, float.NaN], 8000)))!.Message, Does.Contain("Sample 2"));
        Assert.Throws<ArgumentException>(() => Spectrogram.Of([1], 8000, window: -1));
        Assert.Throws<ArgumentException>(() => Spectrogram.Of([1], 8000, window: 64, transform: 32));
        Assert.Throws<ArgumentException>(() => Spectrogram.Of([1], 8000, window: 64, transform: 100));
        Assert.Throws<ArgumentException>(() => Waveform.Envelope([1], 0));
    }

    private static int Brightness(Bitmap picture, int x, int y) => picture[x, y][0] + picture[x, y][1] + picture[x, y][2];
}
