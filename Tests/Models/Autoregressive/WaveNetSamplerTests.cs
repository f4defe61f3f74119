using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>WaveNet's incremental sampler equals the full forward pass, bit for bit.</summary>
[Parallelizable]
public sealed class WaveNetSamplerTests
{
    private const int Length = 61;

    private static IEnumerable<TestCaseData> Cases =>
        from device in TestDevices.All
        from kind in new[] { "plain", "classes", "features" }
        from batch in new[] { 1, 7, 16 }
        where batch == 1 || kind != "features"
        select new TestCaseData(device, kind, batch).SetArgDisplayNames(device.Name, kind, $"batch {batch}");

    [TestCaseSource(nameof(Cases)), Category("determinism")]
    public void Logits_and_samples_are_those_of_the_full_pass(TestDevice target, string kind, int batch)
    {
        var device = target.Open();
        using var context = new Context(device, seed: 4);
        using var group = new ParameterGroup(context, "wavenet");
        var options = new WaveNetOptions
        {
            Codes = 11,
            Stacks = 2,
            Layers = 3,
            Residual = 6,
            Skip = 9,
            Classes = kind == "classes" ? 3 : 0,
            Features = kind == "features" ? 2 : 0,
            Hop = kind == "features" ? 4 : 1,
        };
        var network = new WaveNetNetwork(context, options, group);
        int length = kind == "features" ? 60 : Length;
        double[] classRows = ModelRuns.OneHot([.. Enumerable.Range(0, batch).Select(i => i % 3)], 3);
        double[] featureRows = [.. Enumerable.Range(0, batch * length / 4 * 2).Select(i => Math.Sin(i))];
        Tensor? Classes() => options.Classes == 0 ? null : context.Transient(classRows, new Shape(batch, 3));
        Tensor? Features() => options.Features == 0 ? null : context.Transient(featureRows, new Shape(batch, 1, length / 4, 2));

        using var sampler = new ColumnSampler(context, ColumnCases.Program(context, network, batch, length, Classes, Features));
        int[] codes = [.. Enumerable.Range(0, batch * length).Select(i => i % length == 0 ? 5 : -1)];
        sampler.Run(codes, seed: 2, new SamplingOptions { KeepLogits = true });
        Assert.That(codes, Is.All.InRange(0, options.Codes - 1));
        float[] kept = sampler.Logits();
        double[] full;
        using (context.BeginStep())
        {
            using var none = context.NoGradient();
            using var input = context.FromLabels(codes, new Shape(batch, 1, length));
            full = network.Forward(input, Classes(), Features()).ToDoubles();
        }

        for (int n = 0; n < batch; n++)
        {
            int row = n * length * options.Codes, used = (length - 1) * options.Codes;
            float[] looked = kept[(row + options.Codes)..(row + options.Codes + used)]; // position t of the full pass is what code t + 1 is drawn from
            Assert.That(looked, Is.EqualTo(full[row..(row + used)].Select(logit => (float)logit)), $"sequence {n}, bit for bit");
        }
    }

    [Test]
    public void Naive_and_incremental_draws_are_the_same_sequences()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var model = (ISequenceModel)Zoo.Find("wavenet").Build(
            context, new DataShape(1, 16, 1, 0) { Alphabet = 9 }, new ModelOptions { Stacks = 2, Layers = 3, Residual = 5, Skip = 7 });
        var draw = new SequenceDraw { Prime = [1, 2, 3] };
        int[] incremental = SequenceRuns.Codes(model, 3, 50, null, draw);
        Assert.Multiple(() =>
        {
            Assert.That(incremental, Is.EqualTo(SequenceRuns.Codes(model, 3, 50, null, draw with { Naive = true })));
            Assert.That(incremental[..3], Is.EqualTo(draw.Prime));
            Assert.That(incremental[..50], Is.Not.EqualTo(incremental[50..100]), "each sequence has its own random numbers");
            Assert.That(() => SequenceRuns.Codes(model, 1, 2, null, draw), Throws.TypeOf<EngineException>().With.Message.Contains("3 codes are given"));
            Assert.That(() => SequenceRuns.Codes(model, 1, 2, null, draw with { Prime = [] }), Throws.TypeOf<EngineException>());
            Assert.That(() => SequenceRuns.Codes(model, 1, 9, null, draw with { Prime = [10] }), Throws.TypeOf<EngineException>().With.Message.Contains("levels 0 to 8"));
        });
    }
}
