using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// Compiles what a model's training step calls while the caller parses, loads data and draws weights: kernels for this processor's vectors
/// cannot be compiled ahead of time, and compiling them takes as long as the first fifty steps.
/// </summary>
public static class WarmUp
{
    private static string? s_started;

    /// <summary>
    /// Runs one step of a small copy of the model on a device of its own, on a background thread. Nothing waits for it and nothing depends
    /// on it; the sizes touch the same register tiles as the usual widths do. A second call for the same model does nothing.
    /// </summary>
    public static void Start(ModelDescription description, CpuIsa isa)
    {
        string key = description.Name + isa.Name();
        if (Interlocked.Exchange(ref s_started, key) == key) return;
        var thread = new Thread(() => Step(description, isa)) { IsBackground = true, Name = "warm-up" };
        thread.Start();
    }

    private static void Step(ModelDescription description, CpuIsa isa)
    {
        const int Rows = 8, Side = 8, Classes = 10;
        using var device = new CpuDevice(new CpuOptions(Threads: 1, isa));
        using var context = new Context(device);
        if (description.NeedsSequences)
        {
            Sequences(description, context);
            return;
        }

        var standard = description.Defaults[0];
        var options = new ModelOptions { Latent = standard.Latent is null ? null : 20, Hidden = standard.Hidden is null ? null : [64], Width = standard.Hidden is null && standard.Layers is null ? 64 : null, Layers = standard.Layers is null ? null : 1 };
        using var model = description.Build(context, new DataShape(Side, Side, 1, Classes), options);
        var labels = context.FromLabels(new int[Rows], new Shape(Rows));
        using var step = context.BeginStep();
        model.TrainStep(new Batch(context.RandomUniform(new Shape(Rows, Side * Side)), labels));
    }

    private static void Sequences(ModelDescription description, Context context)
    {
        const int Length = 64, Alphabet = 256;
        using var model = description.Build(context, new DataShape(1, Length, 1, 0) { Alphabet = Alphabet }, new ModelOptions());
        var codes = context.FromLabels(new int[Length], new Shape(1, 1, Length));
        using var step = context.BeginStep();
        model.TrainStep(new Batch(codes, null) { Targets = codes });
    }
}
