using GenEngine.Kernels.Common;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Layout;

/// <summary>The keyed orders are orders, differ from key to key, and favour nobody.</summary>
[Parallelizable]
public class FeistelTests
{
    [Test]
    public void One_to_one_for_every_count_up_to_3000()
    {
        for (ulong count = 1; count <= 3000; count++)
        {
            ulong[] order = Order(count, seed: 7, epoch: count);
            Array.Sort(order);
            for (ulong i = 0; i < count; i++)
            {
                if (order[i] != i) Assert.Fail($"count {count}: {i} is missing or doubled.");
            }
        }
    }

    [TestCase(60_000UL)]
    [TestCase((1UL << 31) + 11)]
    [TestCase(1_000_000_000_039UL)]
    [TestCase(1UL << 62)]
    public void Large_counts_stay_inside_and_never_collide(ulong count)
    {
        var seen = new HashSet<ulong>();
        ulong step = count / 50_000, key = Feistel.Key(3, 1);
        int half = Feistel.HalfBits(count);
        int below = 0;
        for (ulong i = 0; i < 50_000; i++)
        {
            ulong to = Feistel.Permute(i * step, count, key, half);
            if (to >= count || !seen.Add(to)) Assert.Fail($"{i * step} goes to {to}: outside, or there already.");
            if (to < count / 2) below++;
        }

        Assert.That(below, Is.InRange(24_000, 26_000), "in the lower half; 1000 is 9 standard deviations");
    }

    [Test]
    public void Epochs_and_seeds_have_orders_of_their_own()
    {
        const ulong Count = 2000;
        ulong[][] orders = [Order(Count, 1, 0), Order(Count, 1, 1), Order(Count, 2, 0), Order(Count, 2, 1), Order(Count, 1, 1UL << 40)];
        for (int a = 0; a < orders.Length; a++)
        {
            for (int b = 0; b < a; b++)
            {
                int equal = orders[a].Zip(orders[b]).Count(pair => pair.First == pair.Second);
                Assert.That(equal, Is.LessThan(12), $"{a} and {b}: independent orders agree in one place on average");
            }
        }
    }

    [TestCase(4UL)]
    [TestCase(5UL)]
    [TestCase(10UL)]
    [TestCase(37UL)]
    public void Every_element_lands_everywhere_and_follows_everyone_equally_often(ulong count)
    {
        const int Epochs = 40_000;
        int n = (int)count;
        var place = new int[n, n];
        var next = new int[n, n];
        for (ulong epoch = 0; epoch < Epochs; epoch++)
        {
            ulong[] order = Order(count, 11, epoch);
            for (int i = 0; i < n; i++)
            {
                place[i, order[i]]++;
                if (i > 0) next[order[i - 1], order[i]]++;
            }
        }

        // n - 1 neighbours an epoch over n (n - 1) ordered pairs: the same expectation as n places over n n
        double places = 0, pairs = 0, expected = Epochs / (double)n;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                places += Math.Pow(place[i, j] - expected, 2) / expected;
                if (i != j) pairs += Math.Pow(next[i, j] - expected, 2) / expected;
            }
        }

        double freePlaces = (n - 1.0) * (n - 1), freePairs = (n * (n - 1.0)) - 1;
        Assert.That((places - freePlaces) / Math.Sqrt(2 * freePlaces), Is.LessThan(6), "places: chi-squared in standard deviations");
        Assert.That((pairs - freePairs) / Math.Sqrt(2 * freePairs), Is.LessThan(6), "neighbours: chi-squared in standard deviations");
    }

    [Test]
    public void Orders_never_change()
    {
        // A checkpoint resumes in the middle of an epoch. The numbers are those of a C program of the same definition.
        Assert.That(Order(10, 1, 0), Is.EqualTo(new ulong[] { 5, 4, 2, 6, 3, 8, 9, 1, 7, 0 }));
        const ulong Count = 1_000_000_000_039;
        ulong key = Feistel.Key(0xDEADBEEF, 5);
        ulong[] spots = [.. Enumerable.Range(0, 4).Select(i => Feistel.Permute((ulong)i * 1_000_000_007, Count, key, Feistel.HalfBits(Count)))];
        Assert.That(spots, Is.EqualTo(new ulong[] { 229121070852, 829508472513, 108549652339, 469697134598 }));
    }

    [Test]
    public void Counts_out_of_range_are_refused()
    {
        Assert.That(() => Feistel.HalfBits(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Feistel.HalfBits(Feistel.MaxCount + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(Feistel.HalfBits(Feistel.MaxCount), Is.EqualTo(31));
    }

    private static ulong[] Order(ulong count, ulong seed, ulong epoch)
    {
        ulong key = Feistel.Key(seed, epoch);
        int half = Feistel.HalfBits(count);
        var order = new ulong[count];
        for (ulong i = 0; i < count; i++) order[i] = Feistel.Permute(i, count, key, half);
        return order;
    }
}
