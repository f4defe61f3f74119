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
    public static void Start(ZooEntry entry, CpuIsa isa)
    {
        string key = entry.Name + isa.Name();
        if (Interlocked.Exchange(ref s_started, key) == key) return;
        var thread = new Thread(() => Step(entry, isa)) { IsBackground = true, Name = "warm-up" };
        thread.Start();
    }

    private static void Step(ZooEntry entry, CpuIsa isa)
    {
        const int Rows = 8, Side = 8;
        using var device = new CpuDevice(new CpuOptions(Threads: 1, isa));
        using var context = new Context(device);
        var config = new RunConfig { Model = entry.Name, Data = "", Latent = 20, Hidden = [64], LearningRate = 1e-3 };
        using var model = entry.Create(context, new DataShape(Side, Side, 1, 0), config);
        using var step = context.BeginStep();
        model.TrainStep(new Batch(context.RandomUniform(new Shape(Rows, Side * Side)), null));
    }
}
