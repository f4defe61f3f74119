using GenEngine.Data;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

public class AvatarTests
{
    private const int Size = 64;

    private static readonly AvatarFactors Plain = AvatarFactors.Neutral;

    private static ImageDataset Load(string split, int limit, ulong seed = 0, int? size = null) =>
        DataSets.Load("avatars", split, new DataOptions { Limit = limit, Seed = seed, Size = size });

    [Test]
    public void HasPeopleFactorsAndSizes()
    {
        ImageDataset set = Load("train", 1600);
        Assert.That((set.Count, set.Height, set.Width, set.Channels), Is.EqualTo((1600, 64, 64, 3)));
        Assert.That(set.ClassNames, Has.Count.EqualTo(16).And.Unique.And.All.Match("^[a-z]+$"));
        Assert.That(set.Labels!.CountBy(label => label).Select(p => p.Value), Is.All.EqualTo(100));
        Assert.That(set.FactorNames, Is.EqualTo(AvatarFactors.Names));
        Assert.That(set.Factors, Has.Length.EqualTo(1600 * AvatarFactors.Count));
        foreach (int size in new[] { 28, 32, 64 }) Assert.That(Load("test", 3, size: size).ItemSize, Is.EqualTo(size * size * 3));
        Assert.That(DataSets.Source("avatars").BuiltIn);
    }

    /// <summary>Figures are published about these bytes: a change of the drawing makes another data set and must be meant.</summary>
    [TestCase("train", 64, "f835c90ad88ec8259b46a9bfdbcac12c8df4b486dd855cef53a9b51d0a5d6cc8")]
    [TestCase("test", 64, "d0740b65d615b96bdd30995f55e0fa0f9c4b828a4027fdcdf5182136b4102c2e")]
    [TestCase("test", 32, "3f8a47ec4b70ff236325b274c6f8dcc06afc08e46aaf71b2a2c4602cef3da31f")]
    [SetCulture("de-DE")]
    public void DrawsTheSameBytesEverywhere(string split, int size, string hash) =>
        Assert.That(Load(split, 1000, size: size).ContentHash, Is.EqualTo(hash));

    [Test]
    public void AnImageDependsOnItsIndexAloneAndIsWhatItsFactorsSay()
    {
        ImageDataset few = Load("test", 70), more = Load("test", 200);
        Assert.That(more.Items[..few.Items.Length], Is.EqualTo(few.Items));
        Assert.That(more.Factors![..few.Factors!.Length], Is.EqualTo(few.Factors));
        Assert.That(AvatarSource.DrawAll(few.Labels!, few.Factors), Is.EqualTo(few.Items));
        ImageDataset cut = more.Take(70);
        Assert.That((cut.Factors, cut.FactorNames), Is.EqualTo((few.Factors, few.FactorNames)));
    }

    [Test]
    public void SeedsAndSplitsShareNoImage()
    {
        var seen = new HashSet<string>();
        foreach ((string split, ulong seed) in new[] { ("train", 0UL), ("test", 0UL), ("train", 1UL) })
        {
            ImageDataset set = Load(split, 500, seed);
            for (int i = 0; i < set.Count; i++) Assert.That(seen.Add(Convert.ToHexString(set.Item(i))), $"{split} {seed} image {i} is a copy");
        }
    }

    [Test]
    public void FactorsFillTheirRangesAndKnowNothingOfTheClassOrEachOther()
    {
        const int n = 1600;
        ImageDataset set = Load("train", n, size: 16);
        var columns = new List<double[]> { Array.ConvertAll(set.Labels!, label => (double)label) };
        for (int f = 0; f < AvatarFactors.Count; f++)
        {
            double[] column = [.. Enumerable.Range(0, n).Select(i => (double)set.Factors![i * AvatarFactors.Count + f])];
            (float low, float high) = AvatarFactors.Range(f);
            Assert.That(column, Is.All.InRange(low, high));
            Assert.That(column.Average(), Is.EqualTo((low + high) / 2).Within(0.03 * (high - low)), AvatarFactors.Names[f]);
            Assert.That(column.Max() - column.Min(), Is.GreaterThan(0.99 * (high - low)), AvatarFactors.Names[f]);
            columns.Add(column);
        }
        for (int a = 0; a < columns.Count; a++)
            for (int b = 0; b < a; b++) Assert.That(Math.Abs(Correlation(columns[a], columns[b])), Is.LessThan(0.1), $"{a} {b}");
    }

    [Test]
    public void LightFromTheRightBrightensTheRight()
    {
        for (int who = 0; who < 16; who++)
        {
            double before = double.MinValue;
            for (int light = -75; light <= 75; light += 25)
            {
                byte[] image = AvatarSource.Draw(who, Plain with { Light = light });
                double difference = Mean(image, 32, 40, 24, 44) - Mean(image, 24, 32, 24, 44);
                Assert.That(difference, Is.GreaterThan(before), $"{AvatarSource.Names[who]}, light {light}");
                before = difference;
            }
        }
    }

    [Test]
    public void EachFactorMovesEverybodyAndItsOwnPartMost()
    {
        for (int who = 0; who < 16; who++)
        {
            double[] yaw = [.. new[] { -30f, -15, 0, 15, 30 }.Select(v => CentreOfChange(who, Plain with { Yaw = v }))];
            Assert.That(yaw, Is.Ordered.Ascending, AvatarSource.Names[who]);

            for (int factor = 0; factor < AvatarFactors.Count; factor++)
            {
                (float low, float high) = AvatarFactors.Range(factor);
                byte[][] path = [.. Enumerable.Range(0, 5).Select(i => AvatarSource.Draw(who, Plain.With(factor, low + (high - low) * i / 4)))];
                double[] apart = [.. path.Select(image => Distance(path[0], image))];
                // a brow or a head that moves on leaves behind what differed; what opens or takes a colour only goes further
                if (AvatarFactors.Names[factor] is "open" or "light" or "tone") Assert.That(apart, Is.Ordered.Ascending, $"{AvatarSource.Names[who]}: {AvatarFactors.Names[factor]}");
                Assert.That(apart[^1], Is.GreaterThan(1.5), $"{AvatarSource.Names[who]}: {AvatarFactors.Names[factor]} shows");
            }

            foreach (int mouth in new[] { 2, 3 }) // smile, open: below the nose; brow: above the eyes
                Assert.That(MiddleRowOfChange(who, mouth), Is.InRange(38, 56), $"{AvatarSource.Names[who]}: {AvatarFactors.Names[mouth]}");
            Assert.That(MiddleRowOfChange(who, 4), Is.InRange(22, 36), AvatarSource.Names[who]);
        }
    }

    /// <summary>Everybody is nearer to himself in another light, pose or mood than to anybody else.</summary>
    [Test]
    public void PeopleAreTheirOwnNearest()
    {
        foreach (AvatarFactors other in new[] { Plain with { Light = 25 }, Plain with { Smile = 0.8f }, Plain with { Open = 0.7f }, Plain with { Yaw = 5 }, Plain with { Pitch = 4 } })
        {
            for (int who = 0; who < 16; who++)
            {
                byte[] image = AvatarSource.Draw(who, other);
                int nearest = Enumerable.Range(0, 16).MinBy(person => Distance(image, AvatarSource.Draw(person, Plain)));
                Assert.That(nearest, Is.EqualTo(who), $"{other}");
            }
        }
    }

    [Test]
    public void RefusesWhatCannotBeDrawn()
    {
        Assert.That(Assert.Throws<EngineException>(() => AvatarSource.Draw(16, Plain))!.Message, Does.Contain("0 (ada) to 15"));
        Assert.That(Assert.Throws<EngineException>(() => AvatarSource.Draw(0, Plain, 8))!.Message, Does.Contain("16 to 1024"));
        Assert.That(Assert.Throws<EngineException>(() => Plain.With(0, 90))!.Message, Does.Contain("yaw"));
        Assert.Throws<EngineException>(() => Plain.With(1, float.NaN));
        Assert.Throws<EngineException>(() => AvatarFactors.From([1, 2]));
        Assert.Throws<EngineException>(() => AvatarSource.DrawAll([1, 2], new float[AvatarFactors.Count]));
    }

    private static double Mean(byte[] image, int left, int right, int top, int bottom)
    {
        double sum = 0;
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++)
                for (int c = 0; c < 3; c++) sum += image[(y * Size + x) * 3 + c];
        return sum / ((right - left) * (bottom - top) * 3);
    }

    private static double Distance(byte[] a, byte[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return Math.Sqrt(sum / a.Length);
    }

    /// <summary>Where a mouth that opens is seen, left to right.</summary>
    private static double CentreOfChange(int who, AvatarFactors at) => Centre(AvatarSource.Draw(who, at), AvatarSource.Draw(who, at with { Open = 1 })).X;

    private static double MiddleRowOfChange(int who, int factor) =>
        Centre(AvatarSource.Draw(who, Plain.With(factor, AvatarFactors.Range(factor).Low)), AvatarSource.Draw(who, Plain.With(factor, AvatarFactors.Range(factor).High))).Y;

    private static (double X, double Y) Centre(byte[] a, byte[] b)
    {
        double x = 0, y = 0, weight = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double d = (a[i] - b[i]) * (a[i] - b[i]);
            (x, y, weight) = (x + d * (i / 3 % Size), y + d * (i / 3 / Size), weight + d);
        }
        return (x / weight, y / weight);
    }

    private static double Correlation(double[] a, double[] b)
    {
        double ma = a.Average(), mb = b.Average();
        double ab = a.Zip(b, (x, y) => (x - ma) * (y - mb)).Sum(), aa = a.Sum(x => (x - ma) * (x - ma)), bb = b.Sum(y => (y - mb) * (y - mb));
        return ab / Math.Sqrt(aa * bb);
    }
}
