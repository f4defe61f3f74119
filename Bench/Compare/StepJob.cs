using GenEngine.Bench.Compare.Networks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Optimizer;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Compare;

/// <summary>A whole training step of a model, with Adam; captured from the second run on.</summary>
internal sealed class StepJob : OwnJob
{
    private readonly Context _context;
    private readonly StepProgram _step;

    private StepJob(CpuDevice device, double flops, Func<Context, Action> build) : base(device)
    {
        Flops = flops;
        _context = new Context(device, seed: 1);
        _step = new StepProgram(_context, build(_context));
    }

    public override double Flops { get; }

    public override double Bytes => 0; // activations partly stay in the last cache: no honest floor

    // multiply-adds of the products that a step cannot do without, a convolution's padding counted in; dense layers and convolutions of images leave out the
    // gradient that nobody reads
    /// <summary>The dense VAE 784-400-20, batch 128.</summary>
    public static StepJob DenseVae(CpuDevice device) => new(device, 2.0 * 128 * ((2 * 784 * 400) + (3 * ((400 * 2 * 20) + (20 * 400) + (400 * 784)))), context =>
    {
        var model = new Vae(context, new DataShape(28, 28, 1, 0), new ModelOptions { Latent = 20, Hidden = [400] });
        var batch = new Batch(Uniform(context, new Shape(128, 784), 0, 1), null);
        return () => model.TrainStep(batch);
    });

    public static StepJob ConvVae(CpuDevice device) => new(device, 2.0 * 128 * ((2 * 100_352) + (3 * (1_605_632 + (3136 * 32) + (16 * 3136) + 1_605_632 + 100_352))), context =>
    {
        var network = new ConvVaeNetwork(context);
        var adam = new Adam(network.Group, 1e-3);
        var images = Uniform(context, new Shape(128, 28, 28, 1), 0, 1);
        return () =>
        {
            context.Tape.Backward(network.Loss(images), [network.Group]);
            adam.Step();
        };
    });

    public static StepJob Dcgan(CpuDevice device) => new(device, 2.0 * 128 * ((11 * 6_422_528.0) + (9 * 200_704.0) + (2 * 627_200.0)), context =>
    {
        var network = new DcganNetwork(context);
        var options = new AdamOptions { Beta1 = 0.5 };
        Adam g = new(network.Generator, LearningRateSchedule.Constant(2e-4), options), d = new(network.Discriminator, LearningRateSchedule.Constant(2e-4), options);
        var images = Uniform(context, new Shape(128, 28, 28, 1), -1, 1);
        var ones = Uniform(context, new Shape(128, 1), 1, 1);
        var zeros = Uniform(context, new Shape(128, 1), 0, 0);
        return () => network.Train(images, ones, zeros, g, d);
    });

    public static StepJob GatedPixelCnn(CpuDevice device) => new(device, 2.0 * 32 * 784 * ((2 * 24 * 32) + (3 * ((7 * ((5 * 32 * 64) + (32 * 32))) + (32 * 32) + 32))), context =>
    {
        var network = new GatedPixelCnnNetwork(context);
        var adam = new Adam(network.Group, 1e-3);
        double[] pixels = [.. RandomValues.Uniform(32 * 784, 1, 0, 1).Select(value => value > 0.5 ? 1.0 : 0.0)];
        var images = context.FromHost(pixels, new Shape(32, 28, 28, 1), "images");
        return () =>
        {
            context.Tape.Backward(network.Loss(images), [network.Group]);
            adam.Step();
        };
    });

    public static StepJob WaveNet(CpuDevice device) => new(device, 2.0 * 4 * 4096 * 3 * ((10 * 64 * 64) + (9 * 32 * 32) + (320 * 64) + (64 * 64) + (64 * 256)), context =>
    {
        var network = new WaveNetNetwork(context);
        var adam = new Adam(network.Group, 1e-3);
        Tensor codes = Labels(1), targets = Labels(2);
        return () =>
        {
            context.Tape.Backward(network.Loss(codes, targets), [network.Group]);
            adam.Step();
        };

        Tensor Labels(ulong seed) => context.FromLabels([.. RandomValues.Uniform(4 * 4096, seed, 0, 256).Select(value => (int)value)], new Shape(4, 1, 4096), "codes");
    });

    public override void Run() => _step.Run();

    public override void Dispose()
    {
        _step.Dispose();
        _context.Dispose();
        base.Dispose();
    }

    private static Tensor Uniform(Context context, Shape shape, double low, double high) =>
        context.FromHost(RandomValues.Uniform(shape.Count, 1, low, high), shape, "input");
}
