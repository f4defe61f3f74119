using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>How many images share a block of a GPU changes no bit of what is drawn.</summary>
[Parallelizable]
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
        var expected = ColumnCases.Sequences(TestDevices.Cpu(CpuIsa.Portable, 1), batch);
        foreach (int images in s_images)
        {
            ColumnsGpu.ForcedImages = images;
            ColumnCases.Same(ColumnCases.Sequences(device, batch), expected, $"{images} images a block");
        }
    }

    [TestCaseSource(nameof(Devices)), Category("determinism")]
    public void Images_are_those_of_the_cpu_for_any_images_a_block(TestDevice target, int batch)
    {
        var device = target.Open();
        foreach (var (model, channels, loss) in new[] { ("gated-pixelcnn", 3, "categorical"), ("pixelcnn", 3, "mixture"), ("diagonal-bilstm", 1, "bernoulli") })
        {
            if (target.Name == "simt-checked" && model != "gated-pixelcnn") continue; // slow
            var expected = ColumnCases.Pictures(TestDevices.Cpu(CpuIsa.Portable, 1), batch, model, channels, loss);
            foreach (int images in s_images)
            {
                ColumnsGpu.ForcedImages = images;
                ColumnCases.Same(ColumnCases.Pictures(device, batch, model, channels, loss), expected, $"{images} images a block");
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
        var program = ColumnCases.Program(context, group, 1);
        using var memory = device.Allocate((4 * program.StateElements) + (1 << 20), "all of it");
        var all = memory.All;
        Assert.That(
            () => Columns.Run(device, new ColumnRun(program, 0, 1, 0), new ColumnMemory(all, all, all, memory.Range(0, 4L * program.Weights.Length), memory.Range(4, 4 * program.StateElements), all, null)),
            Throws.TypeOf<EngineException>().With.Message.Contains("aligned to 16 bytes"));
    }
}
