using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>Small programs for the samplers' kernels, and what they draw.</summary>
internal static class ColumnCases
{
    public static void Same((int[] Values, float[] Logits) drawn, (int[] Values, float[] Logits) expected, string how)
    {
        Assert.That(drawn.Values, Is.EqualTo(expected.Values), $"values, {how}");
        Assert.That(drawn.Logits, Is.EqualTo(expected.Logits), $"logits, {how}");
    }

    public static (int[] Values, float[] Logits) Sequences(Device device, int batch)
    {
        const int Length = 23;
        using var context = new Context(device, seed: 4);
        using var group = new ParameterGroup(context, "wavenet");
        using var sampler = new ColumnSampler(context, Program(context, group, batch, Length));
        int[] codes = [.. Enumerable.Range(0, batch * Length).Select(i => i % Length == 0 ? i % 11 : -1)];
        Teamed(device, sampler);
        sampler.Run(codes, seed: 2, new SamplingOptions { KeepLogits = true });
        Assert.That(codes.Distinct().Count(), Is.GreaterThan(2));
        return (codes, sampler.Logits());
    }

    /// <summary>Told classes along the whole sequence, and features that change along it.</summary>
    public static (int[] Values, float[] Logits) ToldSequences(Device device, int batch)
    {
        const int Length = 20, Codes = 11, Hop = 4, Classes = 3, Features = 2;
        using var context = new Context(device, seed: 4);
        using var group = new ParameterGroup(context, "wavenet");
        var network = new WaveNetNetwork(context, new WaveNetOptions { Codes = Codes, Stacks = 1, Layers = 3, Residual = 6, Skip = 9, Classes = Classes, Features = Features, Hop = Hop }, group);
        ColumnProgram program;
        using (context.BeginStep())
        {
            using var none = context.NoGradient();
            var builder = new ColumnBuilder(batch, 1, Length, 1, Codes);
            var classes = context.Transient(ModelRuns.OneHot([.. Enumerable.Range(0, batch).Select(i => i % Classes)], Classes), new Shape(batch, Classes));
            var features = context.Transient([.. Enumerable.Range(0, batch * Length / Hop * Features).Select(i => Math.Sin(i))], new Shape(batch, 1, Length / Hop, Features));
            builder.Draw(network.Columns(builder, classes, features), ColumnLaw.Categorical, null, ahead: 1);
            program = builder.Build();
        }

        using var sampler = new ColumnSampler(context, program);
        int[] codes = [.. Enumerable.Range(0, batch * Length).Select(i => i % Length == 0 ? i % Codes : -1)];
        Teamed(device, sampler);
        sampler.Run(codes, seed: 2, new SamplingOptions { KeepLogits = true });
        return (codes, sampler.Logits());
    }

    /// <summary>Who asks for a team gets it.</summary>
    private static void Teamed(Device device, ColumnSampler sampler)
    {
        if (device is CpuDevice || ColumnTeamGpu.Forced is not { } forced) return;
        Assert.That((sampler.Team?.Kind, sampler.Team?.Images), Is.EqualTo(((TeamKind?)forced.Kind, (int?)forced.Images)));
    }

    /// <summary>Channels that are one whole stretch of sixteen and a rest.</summary>
    public static ColumnProgram Program(Context context, ParameterGroup group, int batch, int length = 5)
    {
        var network = new WaveNetNetwork(context, new WaveNetOptions { Codes = 11, Stacks = 1, Layers = 3, Residual = 20, Skip = 37 }, group);
        return Program(context, network, 11, batch, length);
    }

    public static ColumnProgram Program(Context context, WaveNetNetwork network, int codes, int batch, int length)
    {
        using var step = context.BeginStep();
        using var none = context.NoGradient();
        var builder = new ColumnBuilder(batch, 1, length, 1, codes);
        builder.Draw(network.Columns(builder), ColumnLaw.Categorical, null, ahead: 1);
        return builder.Build();
    }

    public static (int[] Values, float[] Logits) Pictures(Device device, int batch, string name, int channels, string loss, string? condition = null)
    {
        using var context = new Context(device, seed: 5);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 5, channels, loss, condition, height: 4);
        using var sampler = PixelRuns.Sampler(model, batch, PixelProofs.Told(model, batch));
        int[] values = [.. Enumerable.Repeat(-1, batch * model.Data.Pixels)];
        Teamed(device, sampler);
        sampler.Run(values, seed: 9, new SamplingOptions { KeepLogits = true, FirstImage = 3 });
        return (values, sampler.Logits());
    }
}
