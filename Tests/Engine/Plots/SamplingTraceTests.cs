using GenEngine.Files;
using GenEngine.Plots;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Plots;

public class SamplingTraceTests
{
    /// <summary>In raster order; the value at step i is i modulo the levels, the distribution less certain further down.</summary>
    private static SamplingTrace Trace(int height, int width, int channels, int values, bool keep = true)
    {
        var trace = new SamplingTrace(height, width, channels, values, imageIndex: 3);
        int steps = height * width * channels;
        for (int i = 0; i < steps; i++)
        {
            var p = new float[values];
            double share = i / (double)steps;
            for (int v = 0; v < values; v++) p[v] = (float)(share / values + (v == i % values ? 1 - share : 0));
            trace.Add(i / channels, i % channels, i % values, p, keep);
        }
        return trace;
    }

    [Test]
    public void TheImageGrows()
    {
        SamplingTrace trace = Trace(2, 3, 3, 256);
        Assert.That(trace.ImageIndex, Is.EqualTo(3));
        for (int moment = 0; moment <= 18; moment++)
            Assert.That(trace.ImageAfter(moment), Is.EqualTo(Enumerable.Range(0, 18).Select(i => (byte)(i < moment ? i : 0))));
        Assert.That(Trace(1, 4, 1, 4).ImageAfter(4), Is.EqualTo(new byte[] { 0, 85, 170, 255 }));
        Assert.That(Trace(1, 2, 1, 2).ImageAfter(2), Is.EqualTo(new byte[] { 0, 255 }));
        Assert.Throws<ArgumentException>(() => trace.ImageAfter(19));
    }

    [Test]
    public void EntropyIsInNats()
    {
        Assert.That(SamplingTrace.EntropyOf([0.5f, 0.5f]), Is.EqualTo(Math.Log(2)).Within(1e-9));
        Assert.That(SamplingTrace.EntropyOf([0, 1, 0]), Is.Zero);
        var trace = new SamplingTrace(1, 2, 1, 2);
        trace.Add(1, 0, 1, [0.25f, 0.75f], keep: false);
        trace.Add(0, 0, 0, 0.3f);
        Assert.That(trace.Steps[0].Entropy, Is.EqualTo(-0.25 * Math.Log(0.25) - 0.75 * Math.Log(0.75)).Within(1e-6));
        Assert.That(trace.Steps[0].Probabilities, Is.Null);
        Assert.That(trace.Steps[1].Entropy, Is.EqualTo(0.3f));
    }

    [TestCase(784, 7, "0 131 261 392 523 653 784")]
    [TestCase(4, 9, "0 1 2 3 4")]
    [TestCase(5, 1, "5")]
    [TestCase(1, 2, "0 1")]
    public void MomentsAreEven(int steps, int count, string moments) =>
        Assert.That(string.Join(" ", SamplingTrace.Moments(steps, count)), Is.EqualTo(moments));

    [Test]
    public void ACompletionKeepsWhatIsGiven()
    {
        var trace = new SamplingTrace(1, 3, 1, 2, start: [200, 7, 9], given: [true, false, false]);
        Assert.That(trace.ImageAfter(0), Is.EqualTo(new byte[] { 200, 0, 0 }), "what is masked does not show");
        trace.Add(1, 0, 1, [0.5f, 0.5f], keep: true);
        Assert.That(trace.ImageAfter(1), Is.EqualTo(new byte[] { 200, 255, 0 }));
        Assert.Throws<ArgumentException>(() => trace.Add(0, 0, 1, [0.5f, 0.5f], keep: true));
        Assert.DoesNotThrow(() => SamplingTracePicture.ContactSheet(trace));
    }

    [Test]
    public void RefusesWhatIsNoTrace()
    {
        Assert.Throws<ArgumentException>(() => new SamplingTrace(0, 1, 1, 2));
        Assert.Throws<ArgumentException>(() => new SamplingTrace(1, 1, 2, 2));
        Assert.Throws<ArgumentException>(() => new SamplingTrace(1, 1, 1, 257));
        Assert.Throws<ArgumentException>(() => new SamplingTrace(1, 2, 1, 2, start: [1, 2]));
        Assert.Throws<ArgumentException>(() => new SamplingTrace(1, 2, 1, 2, start: [1, 2], given: [true]));
        var trace = new SamplingTrace(1, 2, 1, 2);
        Assert.Throws<ArgumentException>(() => trace.Add(2, 0, 0, 0f));
        Assert.Throws<ArgumentException>(() => trace.Add(0, 1, 0, 0f));
        Assert.Throws<ArgumentException>(() => trace.Add(0, 0, 2, 0f));
        Assert.Throws<ArgumentException>(() => trace.Add(0, 0, 0, float.NaN));
        Assert.Throws<ArgumentException>(() => trace.Add(0, 0, 0, [1f], keep: true));
        Assert.Throws<ArgumentException>(() => trace.Add(0, 0, 0, [0.5f, 0.6f], keep: true));
        Assert.Throws<ArgumentException>(() => trace.Add(0, 0, 0, [-0.5f, 1.5f], keep: true));
        Assert.Throws<ArgumentException>(() => trace.Add(0, 0, 0, [float.NaN, 1f], keep: true));
        Assert.That(trace.Steps, Is.Empty);
        Assert.Throws<ArgumentException>(() => SamplingTracePicture.ContactSheet(trace));
        Assert.Throws<ArgumentException>(() => SamplingTracePicture.Frame(trace, 0));
        trace.Add(0, 0, 0, 0f);
        Assert.Throws<ArgumentException>(() => trace.Add(0, 0, 1, 0f), "drawn twice");
        Assert.Throws<ArgumentException>(() => SamplingTracePicture.Frame(trace, 2));
        Assert.Throws<ArgumentException>(() => SamplingTracePicture.ContactSheet(trace, new SamplingTraceOptions { Columns = 0 }));
    }

    [TestCase(1, 1, 1, 2)]
    [TestCase(3, 3, 1, 2)]
    [TestCase(5, 65, 1, 3)]
    [TestCase(64, 1, 3, 256)]
    [TestCase(8, 8, 3, 5)]
    [TestCase(28, 28, 1, 256)]
    public void EveryShapeIsDrawn(int height, int width, int channels, int values)
    {
        SamplingTrace trace = Trace(height, width, channels, values);
        Bitmap sheet = SamplingTracePicture.ContactSheet(trace, new SamplingTraceOptions { Title = "a sheet", Columns = 4 });
        Assert.That(sheet.Width, Is.InRange(150, 1200));
        Bitmap first = SamplingTracePicture.Frame(trace, 0), last = SamplingTracePicture.Frame(trace, trace.Steps.Count);
        Assert.That((first.Width, first.Height), Is.EqualTo((last.Width, last.Height)));
        Assert.That(first.Pixels, Is.Not.EqualTo(last.Pixels));
        SamplingTrace bare = Trace(height, width, channels, values, keep: false);
        Assert.DoesNotThrow(() => SamplingTracePicture.ContactSheet(bare, new SamplingTraceOptions { Bits = false }));
    }

    [Test]
    public void PixelsAreInTheirPlaces()
    {
        // 4x4 of two levels: squares of 56 in a frame; the image begins at the margin
        SamplingTrace trace = Trace(4, 4, 1, 2);
        Bitmap frame = SamplingTracePicture.Frame(trace, 9);
        for (int p = 0; p < 16; p++)
        {
            byte[] at = frame[14 + p % 4 * 56 + 28, 14 + 18 + p / 4 * 56 + 28].ToArray();
            if (p < 9) Assert.That(at, Is.EqualTo(p % 2 == 0 ? new byte[] { 0, 0, 0 } : [255, 255, 255]), $"pixel {p}");
            else Assert.That(at[2], Is.GreaterThan(at[0]), $"pixel {p} is not drawn yet and bluish");
        }
        // the entropies: dark where the first pixel was certain, lighter further on
        int left = 14 + 224 + 16 + 8;
        byte[] Heat(int p) => frame[left + p % 4 * 56 + 28, 14 + 18 + p / 4 * 56 + 28].ToArray();
        Assert.That(Heat(0), Is.EqualTo(new byte[] { 68, 1, 84 }));
        Assert.That(Heat(8)[1], Is.GreaterThan(Heat(3)[1]).And.GreaterThan(Heat(0)[1]), "greener, so higher");
        Assert.That(Heat(15), Is.EqualTo(new byte[] { 214, 224, 236 }));
    }

    [Test]
    public void TheAnimationHasItsFramesAndTheFinishedImageAsStill()
    {
        using var folder = new TemporaryFolder();
        SamplingTrace trace = Trace(6, 5, 1, 2);
        SamplingTracePicture.SaveAnimation(folder["a.png"], trace, new SamplingTraceOptions { Frames = 11 });
        Assert.That(Png.Read(folder["a.png"]).Pixels, Is.EqualTo(SamplingTracePicture.Frame(trace, 30).Pixels));
        byte[] file = File.ReadAllBytes(folder["a.png"]);
        Assert.That(file.AsSpan().IndexOf("acTL"u8), Is.EqualTo(37), "right after the header");
        Assert.That(file[44], Is.EqualTo(11));
        SamplingTracePicture.SaveContactSheet(folder["s.png"], trace);
        Assert.That(Png.Read(folder["s.png"]).Pixels, Is.EqualTo(SamplingTracePicture.ContactSheet(trace).Pixels));
    }
}
