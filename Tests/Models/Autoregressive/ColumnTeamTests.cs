using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>A program that a team of blocks runs together draws the same bits as one that a block runs alone.</summary>
[Parallelizable]
public sealed class ColumnTeamTests
{
    private const int Shared = 227 * 1024;

    private static readonly (string Model, int Channels, string Loss)[] s_models =
    [
        ("pixelcnn", 1, "bernoulli"), ("pixelcnn", 3, "mixture"), ("gated-pixelcnn", 1, "categorical"), ("gated-pixelcnn", 3, "categorical"),
    ];

    private static IEnumerable<TestCaseData> Devices =>
        from device in TestDevices.Gpus.Append(new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason))
        from kind in Enum.GetValues<TeamKind>()
        from images in device.Name == "simt-checked" ? [2] : new[] { 1, 2, 8 }
        select new TestCaseData(device, kind, images).SetArgDisplayNames(device.Name, $"{kind}", $"{images} images");

    [TearDown]
    public void ChooseAgain() => ColumnTeamGpu.Forced = null;

    [TestCaseSource(nameof(Devices)), Category("determinism")]
    public void Sequences_are_those_of_the_cpu(TestDevice target, TeamKind kind, int images)
    {
        var device = target.Open();
        var expected = ColumnCases.Sequences(TestDevices.Cpu(CpuIsa.Portable, 1), 3);
        ColumnTeamGpu.Forced = (kind, images);
        ColumnCases.Same(ColumnCases.Sequences(device, 3), expected, $"{kind}");
    }

    [TestCaseSource(nameof(Devices)), Category("determinism")]
    public void Images_are_those_of_the_cpu(TestDevice target, TeamKind kind, int images)
    {
        var device = target.Open();
        foreach (var (model, channels, loss) in s_models)
        {
            if (target.Name == "simt-checked" && (model, channels) != ("gated-pixelcnn", 3)) continue; // slow
            var expected = ColumnCases.Pictures(TestDevices.Cpu(CpuIsa.Portable, 1), 3, model, channels, loss);
            ColumnTeamGpu.Forced = (kind, images);
            ColumnCases.Same(ColumnCases.Pictures(device, 3, model, channels, loss), expected, $"{kind}, {model} of {channels} channels");
        }
    }

    [TestCaseSource(nameof(Devices)), Category("determinism")]
    public void What_they_are_told_is_what_the_cpu_is_told(TestDevice target, TeamKind kind, int images)
    {
        var device = target.Open();
        var cpu = TestDevices.Cpu(CpuIsa.Portable, 1);
        var expected = ColumnCases.ToldSequences(cpu, 3);
        ColumnTeamGpu.Forced = (kind, images);
        ColumnCases.Same(ColumnCases.ToldSequences(device, 3), expected, $"{kind}, classes and features");
        foreach (string condition in target.Name == "simt-checked" ? ["bias"] : new[] { "bias", "map" })
        {
            expected = ColumnCases.Pictures(cpu, 3, "gated-pixelcnn", 1, "bernoulli", condition);
            ColumnCases.Same(ColumnCases.Pictures(device, 3, "gated-pixelcnn", 1, "bernoulli", condition), expected, $"{kind}, {condition}");
        }
    }

    [TestCaseSource(nameof(Devices)), Category("determinism")]
    public void A_launch_may_be_any_stretch_and_keeps_what_is_given(TestDevice target, TeamKind kind, int images)
    {
        var device = target.Open();
        ColumnTeamGpu.Forced = (kind, images);
        int side = target.Name == "simt-checked" ? 3 : 5; // slow
        int[] whole = Completed(device, side, null), rows = Completed(device, side, _ => { });
        Assert.That(rows, Is.EqualTo(whole));
        Assert.That(whole[..7], Is.EqualTo(Enumerable.Range(0, 7)));
        ColumnTeamGpu.Forced = null;
        Assert.That(whole, Is.EqualTo(Completed(TestDevices.Cpu(CpuIsa.Portable, 1), side, null)));
    }

    [Test]
    public void Large_networks_fit()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var group = new ParameterGroup(context, "wavenet");
        var waveNet = ColumnCases.Program(context, new WaveNetNetwork(context, new WaveNetOptions { Stacks = 3, Layers = 10, Residual = 64, Skip = 256 }, group), 1, 1000);
        var plan = TeamPlan.Create(waveNet, TeamKind.Cluster, 8, Shared)!;
        Assert.Multiple(() =>
        {
            Assert.That(plan.SharedBytes, Is.InRange(200_000, Shared));
            Assert.That(plan.Meetings, Is.EqualTo((2 * 30) + 4), "two a layer: what the gate makes, and what becomes of it");
            Assert.That(plan.StageCount, Is.EqualTo(plan.Meetings), "and no barrier beside them");
            Assert.That(plan.RankWeights.Resident, Is.GreaterThan(plan.RankWeights.All / 5));
            Assert.That(plan.Chain, Is.EqualTo(64 + (30 * (64 + 64)) + 256 + 256 + 256), "the first layer's older tap, sums of gates and of what becomes of them, the head's, the draw's; all else is added beside them");
        });
        var small = TeamPlan.Create(Pixels(context, "pixelcnn", 64, 128), TeamKind.Cluster, 8, Shared)!;
        Assert.That(small.RankWeights.Resident, Is.EqualTo(small.RankWeights.All), "nothing of half a million weights is streamed");
        Assert.That(TeamPlan.Create(Pixels(context, "row-lstm", 8, 1), TeamKind.Cluster, 1, Shared), Is.Null, "cells are a block's");
    }

    [Test]
    public void Teams_are_chosen_where_they_are_expected_to_be_faster()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var group = new ParameterGroup(context, "wavenet");
        var waveNet = ColumnCases.Program(context, new WaveNetNetwork(context, new WaveNetOptions { Stacks = 3, Layers = 10, Residual = 64, Skip = 256 }, group), 1, 1000);
        Assert.Multiple(() =>
        {
            Assert.That(ColumnTeamGpu.Choose(waveNet, arch: 90, multiprocessors: 132, Shared), Has.Property("Kind").EqualTo(TeamKind.Cluster).And.Property("Images").EqualTo(1));
            Assert.That(ColumnTeamGpu.Choose(waveNet, arch: 80, multiprocessors: 108, 163 * 1024), Has.Property("Kind").EqualTo(TeamKind.Grid));
            Assert.That(ColumnTeamGpu.Choose(waveNet, arch: 89, multiprocessors: 128, 99 * 1024), Is.Null, "a stage's weights do not fit there twice");
            Assert.That(ColumnTeamGpu.Choose(waveNet, arch: 75, multiprocessors: 40, 64 * 1024), Is.Null, "no asynchronous copies");
            Assert.That(ColumnTeamGpu.Choose(waveNet, arch: 90, multiprocessors: 4, Shared), Is.Null, "less than a team");
            Assert.That(ColumnTeamGpu.Choose(Pixels(context, "pixelcnn", 64, 128), arch: 90, multiprocessors: 132, Shared), Has.Property("Images").EqualTo(8), "sixteen teams");
            Assert.That(ColumnTeamGpu.Choose(Pixels(context, "pixelcnn", 8, 1), arch: 80, multiprocessors: 108, 163 * 1024), Is.Null, "barriers of the grid cost more than so few weights");
        });
    }

    private static ColumnProgram Pixels(Context context, string name, int width, int batch)
    {
        using var model = (PixelModel)Zoo.Find(name).Build(context, new DataShape(28, 28, 1, 0), new ModelOptions { Width = width, Layers = name == "pixelcnn" ? 14 : 2 });
        using var sampler = PixelRuns.Sampler(model, batch, null);
        return sampler.Program;
    }

    /// <summary>The first levels of the first image are given.</summary>
    private static int[] Completed(Device device, int side, Action<int>? progress)
    {
        const int Batch = 3;
        using var context = new Context(device, seed: 5);
        using var model = PixelProofs.Build(Zoo.Find("gated-pixelcnn"), context, side, 3, "categorical", height: Math.Max(3, side - 1));
        using var sampler = PixelRuns.Sampler(model, Batch, PixelProofs.Told(model, Batch));
        int[] values = [.. Enumerable.Range(0, Batch * model.Data.Pixels).Select(i => i < 7 ? i : -1)];
        sampler.Run(values, seed: 9, progress: progress);
        return values;
    }
}
