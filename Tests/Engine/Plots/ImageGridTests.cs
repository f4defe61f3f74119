using GenEngine.Files;
using GenEngine.Plots;
using NUnit.Framework;

namespace GenEngine.Tests.Plots;

public class ImageGridTests
{
    [Test]
    public void EveryPixelIsInItsPlace()
    {
        // five 2x3 images, image i pixel p has value 10 i + p
        byte[] images = [.. Enumerable.Range(0, 5).SelectMany(i => Enumerable.Range(0, 6).Select(p => (byte)(10 * i + p)))];
        Bitmap sheet = ImageGrid.Tile(images, 2, 3, 1, new GridOptions { Columns = 3, Gap = 1, Scale = 2 });
        Assert.That((sheet.Width, sheet.Height, sheet.Channels), Is.EqualTo((3 * 7 + 1, 2 * 5 + 1, 1)));
        for (int y = 0; y < sheet.Height; y++)
        {
            for (int x = 0; x < sheet.Width; x++)
            {
                (int tileX, int inX) = ((x - 1) / 7, (x - 1) % 7);
                (int tileY, int inY) = ((y - 1) / 5, (y - 1) % 5);
                int i = tileY * 3 + tileX;
                bool inside = x > 0 && y > 0 && inX < 6 && inY < 4 && i < 5;
                Assert.That(sheet[x, y][0], Is.EqualTo(inside ? 10 * i + inY / 2 * 3 + inX / 2 : 255), $"{x},{y}");
            }
        }
    }

    [Test]
    public void ColoursStayTogether()
    {
        byte[] images = [1, 2, 3, 4, 5, 6];
        Bitmap sheet = ImageGrid.Tile(images, 1, 1, 3, new GridOptions { Gap = 0, Columns = 2 });
        Assert.That((sheet.Width, sheet.Height, sheet.Channels), Is.EqualTo((2, 1, 3)));
        Assert.That(sheet.Pixels, Is.EqualTo(images));
    }

    [TestCase(1, 1)]
    [TestCase(10, 4)]
    [TestCase(16, 4)]
    [TestCase(100, 10)]
    public void IsNearlySquareUnlessTold(int count, int columns) =>
        Assert.That(ImageGrid.Tile(new byte[count], 1, 1, 1, new GridOptions { Gap = 0 }).Width, Is.EqualTo(columns));

    [Test]
    public void LabelsMakeRoomAndLeaveThePicturesAlone()
    {
        var images = new byte[4 * 400]; // four black 20x20 images
        var plain = new GridOptions { Columns = 2 };
        Bitmap bare = ImageGrid.Tile(images, 20, 20, 1, plain), labelled = ImageGrid.Tile(images, 20, 20, 1, plain with
        {
            Title = "samples",
            ColumnLabels = ["a", "a very long name of a class"],
            RowLabels = ["z 1", "z 2"],
            Captions = ["p=1", "p=2", "p=3", "p=4"],
        });
        Assert.That(labelled.Width, Is.GreaterThan(bare.Width + 15));
        Assert.That(labelled.Height, Is.GreaterThan(bare.Height + 50));
        Assert.That(bare.Pixels.Count(p => p == 0), Is.EqualTo(1600));
        Assert.That(labelled.Pixels.Count(p => p == 0), Is.EqualTo(1600), "letters are dark grey and touch no tile");
        Assert.That(labelled.Pixels.Count(p => p is > 40 and < 200), Is.GreaterThan(100), "there are letters");
    }

    [Test]
    public void ValuesBecomeBytes()
    {
        Assert.That(ImageGrid.ToBytes([0, 1, 0.5f, -3, 7, float.NaN, float.PositiveInfinity]), Is.EqualTo(new byte[] { 0, 255, 128, 0, 255, 0, 255 }));
        Assert.That(ImageGrid.ToBytes([-1, 0, 1], -1, 1), Is.EqualTo(new byte[] { 0, 128, 255 }));
    }

    [Test]
    public void RefusesWhatIsNoGrid()
    {
        Assert.Throws<ArgumentException>(() => ImageGrid.Tile([], 1, 1, 1));
        Assert.Throws<ArgumentException>(() => ImageGrid.Tile(new byte[5], 2, 2, 1));
        Assert.Throws<ArgumentException>(() => ImageGrid.Tile(new byte[4], 2, 2, 1, new GridOptions { Scale = 0 }));
        Assert.Throws<ArgumentException>(() => ImageGrid.Tile(new byte[8], 2, 2, 2));
    }
}
