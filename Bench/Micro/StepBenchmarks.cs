using BenchmarkDotNet.Attributes;
using GenEngine.Bench.Compare;

namespace GenEngine.Bench.Micro;

/// <summary>Captured training steps of the convolutional networks of 'genengine compare'.</summary>
public class StepBenchmarks : DeviceBenchmark
{
    private StepJob? _step;

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    public static IEnumerable<string> Names => ["step-convvae", "step-dcgan", "step-gatedpixelcnn", "step-wavenet"];

    [Benchmark]
    public void Step() => _step!.Run();

    [GlobalCleanup]
    public void FreeStep()
    {
        _step?.Dispose();
        Dispose();
    }

    protected override void Prepare()
    {
        var entry = StepEntry.All.Single(entry => entry.Name == Name);
        _step = entry.Create(Device, entry.Batch);
        for (int i = 0; i < 3; i++) _step.Run(); // observed, captured, replayed
    }
}
