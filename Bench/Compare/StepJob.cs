using GenEngine.Bench.Compare.Networks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Compare;

/// <summary>A whole training step of a model, with Adam; captured from the second run on.</summary>
internal sealed class StepJob : OwnJob
{
    private readonly Context _context;
    private readonly Action _work;
    private StepProgram? _program;

    private StepJob(Device device, double flops, Func<Context, Action> build) : base(device)
    {
        Flops = flops;
        _context = new Context(device, seed: 1);
        _work = build(_context);
    }

    public override double Flops { get; }

    /// <summary>Steps a launch, see <see cref="Unrolling"/>; before the first run.</summary>
    public int Unroll { get; set; } = Unrolling.Off;

    /// <summary>See <see cref="Context.StoresCompact"/>; before the first run.</summary>
    public bool StoresCompact
    {
        get => _context.StoresCompact;
        set => _context.StoresCompact = value;
    }

    /// <summary>The steps.</summary>
    public StepProgram Program => _program ??= new StepProgram(_context, _work, unroll: Unroll);

    public override double Bytes => 0; // activations partly stay in the last cache: no honest floor

    // multiply-adds of the products that a step cannot do without, a convolution's padding counted in; dense layers and convolutions of images leave out the
    // gradient that nobody reads
    /// <summary>The dense VAE 784-400-20.</summary>
    public static StepJob DenseVae(Device device, int batch) => new(device, 2.0 * batch * ((2 * 784 * 400) + (3 * ((400 * 2 * 20) + (20 * 400) + (400 * 784)))), context =>
    {
        var model = new Vae(context, new DataShape(28, 28, 1, 0), new ModelOptions { Latent = 20, Hidden = [400] });
        var images = new Batch(Uniform(context, new Shape(batch, 784), 0, 1), null);
        return () => model.TrainStep(images);
    });

    /// <summary>A model of the zoo, all its phases; its arithmetic is not counted.</summary>
    public static StepJob OfZoo(Device device, int batch, ModelDescription description, ModelOptions options, DataShape data) => new(device, 0, context =>
    {
        var model = description.Build(context, data, options);
        int[] labels = [.. Enumerable.Range(0, batch).Select(i => i % data.Classes)];
        var images = new Batch(Uniform(context, new Shape(batch, data.Pixels), 0, 1), context.FromLabels(labels, new Shape(batch), "labels"));
        return () => model.TrainStep(images);
    });

    /// <summary>A model of sequences as 'train' builds it, over 256 codes; its arithmetic is not counted.</summary>
    public static StepJob OfSequences(Device device, int batch, ModelDescription description, int window) => new(device, 0, context =>
    {
        var model = description.Build(context, new DataShape(1, window, 1, 0) { Alphabet = 256 }, new ModelOptions());
        var shape = new Shape(batch, 1, window);
        var codes = new Batch(Labels(context, shape, 1), null) { Targets = Labels(context, shape, 2) };
        return () => model.TrainStep(codes);
    });

    public static StepJob ConvVae(Device device, int batch) => new(device, 2.0 * batch * ((2 * 100_352) + (3 * (1_605_632 + (3136 * 32) + (16 * 3136) + 1_605_632 + 100_352))), context =>
    {
        var network = new ConvVaeNetwork(context);
        var adam = new Adam(network.Group, 1e-3);
        var images = Uniform(context, new Shape(batch, 28, 28, 1), 0, 1);
        return () =>
        {
            context.Tape.Backward(network.Loss(images), [network.Group]);
            adam.Step();
        };
    });

    public static StepJob Dcgan(Device device, int batch) =>
        Gan(device, 2.0 * batch * ((11 * 6_422_528.0) + (9 * 200_704.0) + (2 * 627_200.0)), new Shape(batch, 28, 28, 1), context => new DcganNetwork(context));

    /// <summary>Images of 64x64; the paper's width is 64.</summary>
    public static StepJob Dcgan64(Device device, int batch, int width) => Gan(
        device, 2.0 * batch * ((3 * 11 * 8192.0 * width * width) + (9 * 49_152.0 * width) + (2 * 12_800.0 * width) + (8 * 128.0 * width)), new Shape(batch, 64, 64, 3),
        context => new Dcgan64Network(context, width));

    public static StepJob GatedPixelCnn(Device device, int batch) => new(device, 2.0 * batch * 784 * ((2 * 24 * 32) + (3 * ((7 * ((5 * 32 * 64) + (32 * 32))) + (32 * 32) + 32))), context =>
    {
        var network = new PeerGatedPixelCnn(context);
        var adam = new Adam(network.Group, 1e-3);
        double[] pixels = [.. RandomValues.Uniform(batch * 784, 1, 0, 1).Select(value => value > 0.5 ? 1.0 : 0.0)];
        var images = context.FromHost(pixels, new Shape(batch, 28, 28, 1), "images");
        return () =>
        {
            context.Tape.Backward(network.Loss(images), [network.Group]);
            adam.Step();
        };
    });

    public static StepJob PixelCnn128(Device device, int batch) => new(device, 2.0 * batch * 784 * ((2.0 * 24 * 128) + (3.0 * ((14 * 5 * 128 * 128) + (128 * 256)))), context =>
    {
        var network = new PeerPixelCnn(context);
        var adam = new Adam(network.Group, 1e-3);
        var images = Uniform(context, new Shape(batch, 28, 28, 1), 0, 1);
        var classes = Labels(context, new Shape(batch, 28, 28), 1);
        return () =>
        {
            context.Tape.Backward(network.Loss(images, classes), [network.Group]);
            adam.Step();
        };
    });

    /// <summary>Binary images of 28x28: <see cref="PixelRnnNetwork"/>.</summary>
    public static StepJob PixelRnn(Device device, int batch, PixelRnnKind kind, int h, int layers)
    {
        // a layer: input to state (the masked tap of three is not there), state to state, and up to 2h
        double layer = kind == PixelRnnKind.Row ? (2 * 2 * h * 4 * h) + (3 * h * 4 * h) + (h * 2 * h) : (2 * ((2 * h * 4 * h) + (2 * h * 4 * h))) + (h * 2 * h);
        return new(device, 2.0 * batch * 784 * ((2 * 24 * 2 * h) + (3 * ((layers * layer) + (2 * h * 32) + 32))), context =>
        {
            var group = new ParameterGroup(context, "pixelrnn");
            var network = new PixelRnnNetwork(group, kind, width: h, layers: layers);
            group.Build();
            var adam = new Adam(group, 1e-3);
            double[] pixels = [.. RandomValues.Uniform(batch * 784, 1, 0, 1).Select(value => value > 0.5 ? 1.0 : 0.0)];
            var images = context.FromHost(pixels, new Shape(batch, 28, 28, 1), "images");
            return () =>
            {
                context.Tape.Backward(network.Forward(images).Reshape(batch, 784).BceWithLogitsMean(images.Reshape(batch, 784)), [group]);
                adam.Step();
            };
        });
    }

    public static StepJob WaveNet(Device device, int batch) => Waves(device, batch, 4096, 32, 64, 1);

    public static StepJob WaveNet30(Device device, int batch) => Waves(device, batch, 16_384, 64, 256, 3);

    public override void Run() => Program.Run();

    public override void Dispose()
    {
        _program?.Dispose();
        _context.Dispose();
        base.Dispose();
    }

    private static StepJob Gan(Device device, double flops, Shape shape, Func<Context, GanNetwork> create) => new(device, flops, context =>
    {
        var network = create(context);
        var options = new AdamOptions { Beta1 = 0.5 };
        Adam g = new(network.Generator, LearningRateSchedule.Constant(2e-4), options), d = new(network.Discriminator, LearningRateSchedule.Constant(2e-4), options);
        var images = Uniform(context, shape, -1, 1);
        var ones = Uniform(context, new Shape(shape[0], 1), 1, 1);
        var zeros = Uniform(context, new Shape(shape[0], 1), 0, 0);
        return () => network.Train(images, ones, zeros, g, d);
    });

    private static StepJob Waves(Device device, int batch, int length, int residual, int skip, int stacks)
    {
        double layers = 10 * stacks, dilated = layers * 4 * residual * residual, residuals = (layers - 1) * residual * residual, skips = layers * residual * skip;
        return new(device, 2.0 * batch * length * 3 * (dilated + residuals + skips + (skip * skip) + (skip * 256)), context =>
        {
            var network = new WaveNetNetwork(context, new WaveNetOptions { Residual = residual, Skip = skip, Stacks = stacks });
            var adam = new Adam(network.Group, 1e-3);
            var shape = new Shape(batch, 1, length);
            Tensor codes = Labels(context, shape, 1), targets = Labels(context, shape, 2);
            return () =>
            {
                context.Tape.Backward(network.Loss(codes, targets), [network.Group]);
                adam.Step();
            };
        });
    }

    private static Tensor Labels(Context context, Shape shape, ulong seed) =>
        context.FromLabels([.. RandomValues.Uniform(shape.Count, seed, 0, 256).Select(value => (int)value)], shape, "labels");

    private static Tensor Uniform(Context context, Shape shape, double low, double high) =>
        context.FromHost(RandomValues.Uniform(shape.Count, 1, low, high), shape, "input");
}
