using GenEngine.Bench.Compare.Networks;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Models;

namespace GenEngine.Bench.Compare;

/// <summary>Drawing with an incremental sampler; the network's weights are those it begins with, which changes nothing about the work.</summary>
internal sealed class SampleJob : OwnJob
{
    private const int Codes = 256; // of sound, drawn in one run

    private readonly Context _context;
    private readonly ColumnSampler _sampler;
    private readonly int[] _values;
    private readonly int _given;
    private ulong _seed;

    private SampleJob(Device device, int given, Func<Context, ColumnProgram> build) : base(device)
    {
        _given = given;
        _context = new Context(device, seed: 1);
        using (_context.BeginStep())
        {
            using var none = _context.NoGradient();
            _sampler = new ColumnSampler(_context, build(_context));
        }

        _values = new int[_sampler.Program.Batch * _sampler.Program.Positions * _sampler.Program.Colours];
    }

    /// <summary>One column of every layer for each position and image, and nothing else.</summary>
    public override double Flops => 2.0 * _sampler.Program.Products * _sampler.Program.Batch;

    public override double Bytes => 0; // weights and columns stay in the second cache

    /// <summary>Sixteen images of 28x28 by the peers' gated PixelCNN.</summary>
    public static SampleJob PixelCnn(Device device) => new(device, 0, context =>
    {
        var network = new PeerGatedPixelCnn(context);
        var builder = new ColumnBuilder(16, 28, 28, 1, 2);
        var images = builder.Input(1);
        builder.Draw(network.Columns(builder, images), ColumnLaw.Bernoulli, images);
        return builder.Build();
    });

    /// <summary>256 samples of one stream by the peers' WaveNet.</summary>
    public static SampleJob WaveNet(Device device) => Waves(device, 1, new WaveNetOptions());

    /// <summary>128 images of 28x28 by the peers' PixelCNN of 128 channels.</summary>
    public static SampleJob PixelCnn128(Device device) => new(device, 0, context =>
    {
        var builder = new ColumnBuilder(128, 28, 28, 1, 256);
        var images = builder.Input(1);
        builder.Draw(new PeerPixelCnn(context).Columns(builder, images), ColumnLaw.Categorical, images);
        return builder.Build();
    });

    /// <summary>256 samples of each stream by the peers' WaveNet of 30 layers.</summary>
    public static SampleJob WaveNet30(Device device, int streams) => Waves(device, streams, new WaveNetOptions { Stacks = 3, Residual = 64, Skip = 256 });

    /// <summary>What is drawn, and how.</summary>
    public ColumnSampler Sampler => _sampler;

    public override void Run()
    {
        Array.Fill(_values, -1);
        for (int n = 0; n < _sampler.Program.Batch; n++) Array.Fill(_values, 128, n * _sampler.Program.Positions * _sampler.Program.Colours, _given);
        _sampler.Run(_values, _seed++);
    }

    public override void Dispose()
    {
        _sampler.Dispose();
        _context.Dispose();
        base.Dispose();
    }

    private static SampleJob Waves(Device device, int streams, WaveNetOptions options) => new(device, 1, context =>
    {
        var builder = new ColumnBuilder(streams, 1, Codes + 1, 1, 256);
        builder.Draw(new WaveNetNetwork(context, options).Columns(builder), ColumnLaw.Categorical, null, ahead: 1);
        return builder.Build();
    });
}
