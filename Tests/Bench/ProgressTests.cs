using GenEngine.Bench;
using GenEngine.Bench.Commands;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>What train shows while it runs: a preview, nothing when asked to be quiet.</summary>
public sealed class ProgressTests
{
    [Test]
    public void A_preview_is_two_pixels_a_letter()
    {
        float[] images = [1, 0, 0, 0.5f, 0, 0, 1, 1]; // two images of 2x2
        var lines = SamplePreview.Draw(images, new DataShape(2, 2, 1, 0), 2, 16);
        Assert.That(lines, Is.EqualTo(new[]
        {
            "\e[38;2;255;255;255m\e[48;2;0;0;0m▀\e[38;2;0;0;0m\e[48;2;128;128;128m▀\e[0m \e[38;2;0;0;0m\e[48;2;255;255;255m▀\e[38;2;0;0;0m\e[48;2;255;255;255m▀\e[0m",
        }));
    }

    [Test]
    public void Large_images_are_averaged_down_and_keep_their_colours()
    {
        var shape = new DataShape(64, 64, 3, 0);
        float[] image = new float[64 * 64 * 3];
        for (int i = 0; i < 64 * 64; i++) (image[3 * i], image[(3 * i) + 1]) = (i % 2, 1);
        var lines = SamplePreview.Draw(image, shape, 1, 16);
        Assert.That(lines, Has.Count.EqualTo(8));
        Assert.That(lines[3], Is.EqualTo(string.Concat(Enumerable.Repeat("\e[38;2;128;255;0m\e[48;2;128;255;0m▀", 16)) + "\e[0m"));
    }

    [Test]
    public void Quiet_leaves_the_result_alone()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"quiet {Guid.NewGuid():N}");
        var run = ConsoleRun.Of("train", "vae", "--quiet", "--steps", "3", "--batch", "8", "--hidden", "16", "--out", folder);
        Directory.Delete(folder, recursive: true);
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        Assert.That(run.Out.TrimEnd().Split('\n').Select(line => line.Split(' ')[0]), Is.EqualTo(new[] { "test", "run" }));
    }
}
