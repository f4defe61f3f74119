using System.Text;
using GenEngine.Data;
using GenEngine.Numerics;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

/// <summary>Made sequences follow the laws that they state, and repeat.</summary>
public sealed class MadeSequenceTests
{
    [Test]
    public void Normal_tails_are_those_of_the_tables()
    {
        // Abramowitz and Stegun, tables 26.1 and 26.2
        foreach (var (x, above) in ((double, double)[])[(0, 0.5), (1, 0.15865525393145705), (2, 0.022750131948179207), (3, 1.3498980316300945e-3), (3.6, 1.5910859015753364e-4), (5, 2.8665157187919391e-7), (10, 7.6198530241605261e-24), (-1, 0.84134474606854295)])
            Assert.That(NormalDistribution.Above(x), Is.EqualTo(above).Within(1e-10).Percent, $"{x}");
        for (double x = -6; x < 6; x += 0.37)
        {
            Assert.That(InverseNormal.Cdf(1 - NormalDistribution.Above(x)), Is.EqualTo(x).Within(1e-6));
            Assert.That(NormalDistribution.Between(x, x + 1e-4) / 1e-4, Is.EqualTo(Math.Exp(-(x + 5e-5) * (x + 5e-5) / 2) / Math.Sqrt(2 * Math.PI)).Within(1e-5).Percent);
        }

        Assert.That(NormalDistribution.Between(double.NegativeInfinity, double.PositiveInfinity), Is.EqualTo(1));
        Assert.That(NormalDistribution.Between(2, 1), Is.Zero);
    }

    [Test]
    public void Mu_law_codes_decode_to_themselves_and_their_cells_meet()
    {
        for (int code = 0; code < 256; code++)
        {
            Assert.That(MuLaw.Encode(MuLaw.Decode((byte)code)), Is.EqualTo(code));
            if (code == 0) continue;
            double edge = MuLaw.LowerEdge(code);
            Assert.That((MuLaw.Encode(edge - 1e-9), MuLaw.Encode(edge + 1e-9)), Is.EqualTo(((byte)(code - 1), (byte)code)));
        }

        Assert.That((MuLaw.Encode(0), MuLaw.Encode(-7), MuLaw.Encode(7)), Is.EqualTo(((byte)128, (byte)0, (byte)255)));
        Assert.That((double[])[MuLaw.Decode(0), MuLaw.Decode(255)], Is.EqualTo(new double[] { -1, 1 }).Within(1e-12));
    }

    [Test]
    public void Symbols_of_tones_have_the_probabilities_that_their_law_states()
    {
        var law = ToneProcess.Standard;
        var random = new SplitMix64(4);
        for (int trial = 0; trial < 50; trial++)
        {
            byte last = (byte)random.Next(256), before = (byte)random.Next(256);
            Assert.That(Enumerable.Range(0, 256).Sum(symbol => Math.Exp(law.LogProbability((byte)symbol, last, before))), Is.EqualTo(1).Within(1e-12));
        }

        // the mean of -log p over drawn symbols, and of its square about the conditional entropy, against a drawn sequence
        byte[] codes = law.Draw(200_000, new SplitMix64(9));
        double sum = 0;
        for (int i = 2; i < codes.Length; i++) sum -= law.LogProbability(codes[i], codes[i - 1], codes[i - 2]);
        var rate = law.EntropyRate;
        TestContext.Out.WriteLine($"entropy rate {rate.Nats:F5} +- {rate.StandardError:F5} nats; -log p of a drawn sequence {sum / (codes.Length - 2):F5}");
        Assert.That(rate.StandardError, Is.LessThan(0.002));
        Assert.That(sum / (codes.Length - 2), Is.EqualTo(rate.Nats).Within(0.012), "four standard errors of 200,000 symbols");
    }

    [Test]
    public void Text_parses_back_to_its_law_and_its_entropy_rate_is_that_of_what_is_drawn()
    {
        var law = GrammarSource.Grammar;
        byte[] text = SequenceSets.Load("text", "train").Codes[..60_000];
        TestContext.Out.WriteLine(Encoding.UTF8.GetString(text[..200]));
        double sum = 0;
        for (int i = 0; i < text.Length; i++)
        {
            double log = law.LogProbability(text.AsSpan(0, i), text[i]);
            Assert.That(double.IsFinite(log), Is.True, $"byte {i}");
            sum -= log;
        }

        for (int i = 0; i < 300; i++)
        {
            int at = i;
            Assert.That(Enumerable.Range(0, 256).Sum(symbol => Math.Exp(law.LogProbability(text.AsSpan(0, at), (byte)symbol))), Is.EqualTo(1).Within(1e-12), $"byte {i}");
        }

        TestContext.Out.WriteLine($"entropy rate {law.EntropyRate.Nats:F5} nats; -log p of the text {sum / text.Length:F5}");
        Assert.That(sum / text.Length, Is.EqualTo(law.EntropyRate.Nats).Within(0.012));
    }

    [Test]
    public void Verbs_agree_with_their_subjects()
    {
        string text = Encoding.UTF8.GetString(SequenceSets.Load("text", "test").Codes);
        foreach (string sentence in text.Split('\n').SkipLast(1))
        {
            string[] words = sentence.TrimEnd('.').Split(' ');
            bool many = words[1..3].Any(word => word is "cats" or "birds" or "dogs" or "girls" or "kings" or "robots" or "trees" or "horses");
            string verb = words.First(word => word.StartsWith("see", StringComparison.Ordinal) || word.StartsWith("like", StringComparison.Ordinal) || word.StartsWith("draw", StringComparison.Ordinal)
                || word.StartsWith("follow", StringComparison.Ordinal) || word.StartsWith("hear", StringComparison.Ordinal) || word.StartsWith("find", StringComparison.Ordinal));
            Assert.That(verb.EndsWith('s'), Is.EqualTo(!many), sentence);
        }
    }

    [TestCase("tones", 1, 0), TestCase("text", 1, 0), TestCase("formants", 500, 5), TestCase("pluck", 400, 8)]
    public void Built_in_sets_repeat_and_their_splits_differ(string name, int clips, int classes)
    {
        var (train, again, test, other) = (SequenceSets.Load(name, "train"), SequenceSets.Load(name, "train"), SequenceSets.Load(name, "test"), SequenceSets.Load(name, "train", new SequenceOptions { Seed = 1 }));
        Assert.That((train.Clips, train.ClassNames.Count), Is.EqualTo((clips, classes)));
        Assert.That(train.ContentHash, Is.EqualTo(again.ContentHash).And.Not.EqualTo(other.ContentHash));
        Assert.That(train.Codes.AsSpan(0, 1000).SequenceEqual(test.Codes.AsSpan(0, 1000)), Is.False);
        Assert.That(train.Joined().Clips, Is.EqualTo(1));
        Assert.That(train.Take(1).Codes, Is.EqualTo(train.Clip(0).ToArray()));
        if (train.Kind == SequenceKind.Audio) Assert.That(MuLaw.Decode(train.Codes).Max(Math.Abs), Is.InRange(0.3f, 1f), "audible");
    }
}
