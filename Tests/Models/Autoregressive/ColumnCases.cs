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
        var drawn = Drawn(device, sampler, [.. Enumerable.Range(0, batch * Length).Select(i => i % Length == 0 ? i % 11 : -1)], new SamplingOptions());
        Assert.That(drawn.Values.Distinct().Count(), Is.GreaterThan(2));
        return drawn;
    }

    /// <summary>Told classes along the whole sequence, and features that change along it.</summary>
    public static (int[] Values, float[] Logits) ToldSequences(Device device, int batch)
    {
        const int Length = 20, Codes = 11, Hop = 4, Classes = 3, Features = 2;
        using var context = new Context(device, seed: 4);
        using var group = new ParameterGroup(context, "wavenet");
        var network = new WaveNetNetwork(context, new WaveNetOptions { Codes = Codes, Stacks = 1, Layers = 3, Residual = 6, Skip = 9, Classes = Classes, Features = Features, Hop = Hop }, group);
        var program = Program(
            context,
            network,
            batch,
            Length,
            () => context.Transient(ModelRuns.OneHot([.. Enumerable.Range(0, batch).Select(i => i % Classes)], Classes), new Shape(batch, Classes)),
            () => context.Transient([.. Enumerable.Range(0, batch * Length / Hop * Features).Select(i => Math.Sin(i))], new Shape(batch, 1, Length / Hop, Features)));
        using var sampler = new ColumnSampler(context, program);
        return Drawn(device, sampler, [.. Enumerable.Range(0, batch * Length).Select(i => i % Length == 0 ? i % Codes : -1)], new SamplingOptions());
    }

    /// <summary>With its logits.</summary>
    private static (int[] Values, float[] Logits) Drawn(Device device, ColumnSampler sampler, int[] values, SamplingOptions options, ulong seed = 2)
    {
        Teamed(device, sampler);
        sampler.Run(values, seed, options with { KeepLogits = true });
        return (values, sampler.Logits());
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
        return Program(context, network, batch, length);
    }

    /// <param name="classes">What the network is told, made within the step that writes the program down; features likewise.</param>
    public static ColumnProgram Program(Context context, WaveNetNetwork network, int batch, int length, Func<Tensor?>? classes = null, Func<Tensor?>? features = null)
    {
        using var step = context.BeginStep();
        using var none = context.NoGradient();
        var builder = new ColumnBuilder(batch, 1, length, 1, network.Options.Codes);
        builder.Draw(network.Columns(builder, classes?.Invoke(), features?.Invoke()), ColumnLaw.Categorical, null, ahead: 1);
        return builder.Build();
    }

    public static (int[] Values, float[] Logits) Pictures(Device device, int batch, string name, int channels, string loss, string? condition = null)
    {
        using var context = new Context(device, seed: 5);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 5, channels, loss, condition, height: 4);
        using var sampler = PixelRuns.Sampler(model, batch, PixelProofs.Told(model, batch));
        return Drawn(device, sampler, [.. Enumerable.Repeat(-1, batch * model.Data.Pixels)], new SamplingOptions { FirstImage = 3 }, seed: 9);
    }
}
