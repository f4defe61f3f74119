using GenEngine.Files;
using GenEngine.Plots;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Plots;

public class BlindSpotPictureTests
{
    /// <summary>The raster past of pixel (2, 2) of 5x5.</summary>
    private static float[] Past() => [.. Enumerable.Range(0, 25).Select(p => p < 12 ? 1f : 0f)];

    [Test]
    public void SaysWhatDiffers()
    {
        var claimed = new InfluenceMap("claimed", Past(), 5, 5, 2, 2);
        float[] influence = Past();
        InfluenceMap weak = claimed with { Influence = [.. influence.Select(v => -1e-20f * v)] };
        Assert.That(BlindSpotPicture.Differences(claimed, weak), Is.Zero, "size and sign do not matter");
        (influence[3], influence[20]) = (0, 1e-9f);
        Assert.That(BlindSpotPicture.Differences(claimed, claimed with { Influence = influence }), Is.EqualTo(2));
    }

    [Test]
    public void CellsAreInTheirPlaces()
    {
        var claimed = new InfluenceMap("claimed", Past(), 5, 5, 2, 2);
        float[] influence = Past();
        (influence[3], influence[20], influence[0]) = (0, 0.5f, 1e-3f);
        Bitmap agree = BlindSpotPicture.Draw(claimed, claimed);
        Bitmap differ = BlindSpotPicture.Draw(claimed, claimed with { Caption = "measured", Influence = influence });
        // cells of 30 pixels; a grid of 150 stands in the middle of 170, the second one 198 further on
        byte[] Cell(Bitmap picture, int p, int map, int off = 14) =>
            picture[14 + 10 + map * 198 + p % 5 * 30 + off, 14 + 18 + p / 5 * 30 + off].ToArray();
        Assert.That(Cell(agree, 0, 0), Is.EqualTo(new byte[] { 0, 70, 130 }));
        Assert.That(Cell(agree, 11, 1), Is.EqualTo(new byte[] { 0, 70, 130 }));
        Assert.That(Cell(agree, 12, 1), Is.EqualTo(new byte[] { 243, 243, 243 }), "the output itself does not matter");
        Assert.That(Cell(agree, 12, 1, off: 0), Is.EqualTo(new byte[] { 230, 159, 0 }), "and is framed");
        Assert.That(Cell(agree, 13, 0), Is.EqualTo(new byte[] { 226, 226, 226 }), "later");
        Assert.That(Cell(differ, 0, 1)[0], Is.GreaterThan(100), "weak influence is light");
        foreach (int wrong in new[] { 3, 20 })
            foreach (int map in new[] { 0, 1 }) Assert.That(Cell(differ, wrong, map, off: 0), Is.EqualTo(new byte[] { 200, 20, 30 }), $"{wrong} in {map}");
        Assert.That(Cell(differ, 4, 1, off: 0), Is.EqualTo(new byte[] { 0, 70, 130 }), "no frame where they agree");
    }

    [TestCase(1, 1)]
    [TestCase(1, 1000)]
    [TestCase(65, 3)]
    [TestCase(28, 28)]
    public void EveryShapeIsDrawn(int height, int width)
    {
        using var folder = new TemporaryFolder();
        const string caption = "a caption that is rather long for a picture of this size, longer than anyone would write";
        var map = new InfluenceMap(caption, new float[height * width], height, width, height - 1, 0);
        BlindSpotPicture.Save(folder["b.png"], map, map, "title");
        Assert.That(Png.Read(folder["b.png"]).Pixels, Is.EqualTo(BlindSpotPicture.Draw(map, map, "title").Pixels));
    }

    [Test]
    public void RefusesMapsThatDoNotBelongTogether()
    {
        var map = new InfluenceMap("claimed", Past(), 5, 5, 2, 2);
        Assert.Throws<ArgumentException>(() => BlindSpotPicture.Draw(map, map with { Row = 3 }));
        Assert.Throws<ArgumentException>(() => BlindSpotPicture.Draw(map, map with { Column = 5 }));
        Assert.Throws<ArgumentException>(() => BlindSpotPicture.Draw(map with { Height = 4 }, map));
        float[] nan = Past();
        nan[7] = float.NaN;
        Assert.That(Assert.Throws<ArgumentException>(() => BlindSpotPicture.Draw(map, map with { Influence = nan }))!.Message, Does.Contain("(1, 2)"));
    }
}
