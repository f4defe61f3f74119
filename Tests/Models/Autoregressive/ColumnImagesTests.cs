using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>How many images share a block of a GPU changes no bit of what is drawn.</summary>
[NonParallelizable] // shares devices
public sealed class ColumnImagesTests
{
    private static readonly int[] s_images = [1, 2, 4, 8];

    private static IEnumerable<TestCaseData> Devices =>
        from device in TestDevices.Gpus.Append(new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason))
        from batch in device.Name == "simt-checked" ? [3] : new[] { 1, 3, 9 }
        select new TestCaseData(device, batch).SetArgDisplayNames(device.Name, $"batch {batch}");

    [TearDown]
    public void ChooseAgain() => ColumnsGpu.ForcedImages = null;

    [TestCaseSource(nameof(Devices)), Category("determinism")]
    public void Sequences_are_those_of_the_cpu_for_any_images_a_block(TestDevice target, int batch)
    {
        var device = target.Open();
        var expected = Sequences(TestDevices.Cpu(CpuIsa.Portable, 1), batch);
        foreach (int images in s_images)
        {
            ColumnsGpu.ForcedImages = images;
            Same(Sequences(device, batch), expected, images);
        }
    }

    [TestCaseSource(nameof(Devices)), Category("determinism")]
    public void Images_are_those_of_the_cpu_for_any_images_a_block(TestDevice target, int batch)
    {
        var device = target.Open();
        foreach (var (model, channels, loss) in new[] { ("gated-pixelcnn", 3, "categorical"), ("pixelcnn", 3, "mixture"), ("diagonal-bilstm", 1, "bernoulli") })
        {
            if (target.Name == "simt-checked" && model != "gated-pixelcnn") continue; // slow
            var expected = Pictures(TestDevices.Cpu(CpuIsa.Portable, 1), batch, model, channels, loss);
            foreach (int images in s_images)
            {
                ColumnsGpu.ForcedImages = images;
                Same(Pictures(device, batch, model, channels, loss), expected, images);
            }
        }
    }

    [Test]
    public void Blocks_keep_to_a_third_of_the_multiprocessors()
    {
        int[] batches = [1, 44, 45, 88, 89, 128, 176, 177, 352, 353, 100_000];
        Assert.That(batches.Select(batch => ColumnsGpu.ImagesABlock(batch, 132)), Is.EqualTo(new[] { 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 8 }));
        Assert.That(ColumnsGpu.ImagesABlock(3, 4), Is.EqualTo(4), "a short block on the emulator");
        Assert.That(ColumnsGpu.ImagesABlock(1, 1), Is.EqualTo(8), "a small card");
    }

    [Test]
    public void A_state_that_is_not_aligned_is_refused()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var context = new Context(device, seed: 4);
        using var group = new ParameterGroup(context, "wavenet");
        var program = Program(context, group, 1);
        using var memory = device.Allocate((4 * program.StateElements) + (1 << 20), "all of it");
        var all = memory.All;
        Assert.That(
            () => Columns.Run(device, new ColumnRun(program, 0, 1, 0), new ColumnMemory(all, all, all, memory.Range(0, 4L * program.Weights.Length), memory.Range(4, 4 * program.StateElements), all, null)),
            Throws.TypeOf<EngineException>().With.Message.Contains("aligned to 16 bytes"));
    }

    private static void Same((int[] Values, float[] Logits) drawn, (int[] Values, float[] Logits) expected, int images)
    {
        Assert.That(drawn.Values, Is.EqualTo(expected.Values), $"values, {images} images a block");
        Assert.That(drawn.Logits, Is.EqualTo(expected.Logits), $"logits, {images} images a block");
    }

    private static (int[] Values, float[] Logits) Sequences(Device device, int batch)
    {
        const int Length = 23;
        using var context = new Context(device, seed: 4);
        using var group = new ParameterGroup(context, "wavenet");
        using var sampler = new ColumnSampler(context, Program(context, group, batch, Length));
        int[] codes = [.. Enumerable.Range(0, batch * Length).Select(i => i % Length == 0 ? i % 11 : -1)];
        sampler.Run(codes, seed: 2, new SamplingOptions { KeepLogits = true });
        Assert.That(codes.Distinct().Count(), Is.GreaterThan(2));
        return (codes, sampler.Logits());
    }

    /// <summary>Channels that are one whole stretch of sixteen and a rest.</summary>
    private static ColumnProgram Program(Context context, ParameterGroup group, int batch, int length = 5)
    {
        var network = new WaveNetNetwork(context, new WaveNetOptions { Codes = 11, Stacks = 1, Layers = 3, Residual = 20, Skip = 37 }, group);
        using var step = context.BeginStep();
        using var none = context.NoGradient();
        var builder = new ColumnBuilder(batch, 1, length, 1, 11);
        builder.Draw(network.Columns(builder), ColumnLaw.Categorical, null, ahead: 1);
        return builder.Build();
    }

    private static (int[] Values, float[] Logits) Pictures(Device device, int batch, string name, int channels, string loss)
    {
        using var context = new Context(device, seed: 5);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 5, channels, loss, height: 4);
        using var sampler = PixelRuns.Sampler(model, batch, PixelProofs.Told(model, batch));
        int[] values = [.. Enumerable.Repeat(-1, batch * model.Data.Pixels)];
        sampler.Run(values, seed: 9, new SamplingOptions { KeepLogits = true, FirstImage = 3 });
        return (values, sampler.Logits());
    }
}
