using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Numerics;

namespace GenEngine.Bench.Compare;

/// <summary>A whole training step of the dense VAE 784-400-20, batch 128, with Adam; captured from the second run on.</summary>
internal sealed class VaeStepJob : OwnJob
{
    private const int Rows = 128, Pixels = 784, Hidden = 400, Latent = 20;
    private readonly Context _context;
    private readonly Vae _model;
    private readonly StepProgram _step;

    public VaeStepJob(CpuDevice device) : base(device)
    {
        _context = new Context(device, seed: 1);
        _model = new Vae(_context, new DataShape(28, 28, 1, 0), new VaeOptions(Latent, [Hidden]));
        var images = new double[Rows * Pixels];
        var random = new SplitMix64(1);
        for (int i = 0; i < images.Length; i++) images[i] = random.NextDouble();
        var batch = new Batch(_context.FromHost(images, new Shape(Rows, Pixels), "images"), null);
        _step = new StepProgram(_context, () => _model.TrainStep(batch));
    }

    /// <summary>The layers' products: forward, weight gradients, and input gradients of all but the first.</summary>
    public override double Flops
    {
        get
        {
            double first = (double)Pixels * Hidden, others = (Hidden * 2.0 * Latent) + ((double)Latent * Hidden) + ((double)Hidden * Pixels);
            return 2.0 * Rows * ((2 * first) + (3 * others));
        }
    }

    public override double Bytes => 0; // 653 thousand parameters: the last-level cache holds them and their moments

    public override void Run() => _step.Run();

    public override void Dispose()
    {
        _step.Dispose();
        _model.Dispose();
        _context.Dispose();
        base.Dispose();
    }
}
