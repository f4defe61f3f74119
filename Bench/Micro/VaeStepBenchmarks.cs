using BenchmarkDotNet.Attributes;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Micro;

/// <summary>A whole training step of the dense VAE 784-400-20, batch 128: captured and eager, one and sixteen at once.</summary>
public class VaeStepBenchmarks : DeviceBenchmark
{
    private const int AtOnce = 16;
    private StepProgram? _step;

    [Params(true, false)]
    public bool Captured { get; set; }

    [Benchmark]
    public void Step() => _step!.Run();

    [Benchmark(OperationsPerInvoke = AtOnce)]
    public void StepOfSixteen() => _step!.Run(AtOnce);

    protected override void Prepare()
    {
        var context = new Context(Device, seed: 1);
        var model = new Vae(context, new DataShape(28, 28, 1, 0), new ModelOptions { Latent = 20, Hidden = [400] });
        var pixels = new double[128 * 784];
        var random = new GenEngine.Numerics.SplitMix64(1);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = random.NextDouble();
        var batch = new Batch(context.FromHost(pixels, new Shape(128, 784), "images"), null);
        _step = new StepProgram(context, () => model.TrainStep(batch), Captured, AtOnce);
        for (int i = 0; i < 3; i++) _step.Run(); // observed, captured, replayed
    }
}
