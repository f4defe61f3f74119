using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Compare;

/// <summary>One line of the table of ratios.</summary>
/// <param name="PeerMs">Median of the peer's rounds, milliseconds.</param>
/// <param name="OursMs">Median of our rounds, milliseconds.</param>
/// <param name="Ratio">PeerMs / OursMs: above 1 this engine is faster.</param>
/// <param name="FloorShare">The machine's least time for this work / OursMs; null where there is no such floor.</param>
internal sealed record Comparison(string Name, string Device, string Precision, double OursMs, double PeerMs, double Ratio, double? FloorShare);

/// <summary>A name that 'compare' knows: what it is, and how this engine does it (null: a start of the program, not a job in it).</summary>
internal sealed record Contest(string Name, string Purpose, Func<Device, OwnJob>? Create)
{
    /// <summary>How many times the peer's job goes into ours: what costs the peer the same again and again is measured on a part, so that the table is done in minutes.</summary>
    public int PeerParts { get; init; } = 1;

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<Contest> All { get; } =
    [
        new("gemm-1024", "C[1024,1024] = A[1024,1024] B[1024,1024]", device => new GemmJob(device, 1024, 1024, 1024)),
        new("gemm-128x784x400", "C[128,784] = A[128,400] B[400,784]", device => new GemmJob(device, 128, 784, 400)),
        new("gemm-128x400x784", "C[128,400] = A[128,784] B[784,400]", device => new GemmJob(device, 128, 400, 784)),
        new("adam-10m", "Adam over 10 million parameters", device => new AdamJob(device)),
        new("muladd-16m", "x*y+z over 16 Mi floats; the peer's expression is two kernels", device => new MultiplyAddJob(device)),
        new("addcmul-16m", "the same, the peer's addcmul: one kernel on both sides", device => new MultiplyAddJob(device)),
        new("conv-64-128-k3", "convolution 64x64x32x32 -> 128, 3x3, forward and backward", ConvJobs.Conv(64, 32, 64, 128, ConvSpec.Square(3, padding: 1))),
        new("conv-1-64-k4s2", "convolution 64x1x28x28 -> 64, 4x4 stride 2, forward and backward", ConvJobs.Conv(64, 28, 1, 64, ConvSpec.Square(4, 2, 1))),
        new("conv-64-128-k4s2", "convolution 64x64x14x14 -> 128, 4x4 stride 2, forward and backward", ConvJobs.Conv(64, 14, 64, 128, ConvSpec.Square(4, 2, 1))),
        new("deconv-128-64", "transposed convolution 64x128x7x7 -> 64x14x14, 4x4 stride 2, forward and backward", ConvJobs.Transposed(64, 7, 128, 64, ConvSpec.Square(4, 2, 1))),
        new("deconv-64-1", "transposed convolution 64x64x14x14 -> 1x28x28, 4x4 stride 2, forward and backward", ConvJobs.Transposed(64, 14, 64, 1, ConvSpec.Square(4, 2, 1))),
        new("masked-32-k3", "masked convolution 64x32x28x28 -> 32, 3x3 mask B, forward and backward", ConvJobs.Conv(64, 28, 32, 32, ConvSpec.Masked(ConvMask.B, 3))),
        new("masked-1-64-k7", "masked convolution 64x1x28x28 -> 64, 7x7 mask A, forward and backward", ConvJobs.Conv(64, 28, 1, 64, ConvSpec.Masked(ConvMask.A, 7))),
        new("batchnorm-64x32x32", "batch norm in training 64x64x32x32, forward and backward", device => NormJob(device, 32, 64)),
        new("batchnorm-128x7x7", "batch norm in training 64x128x7x7, forward and backward", device => NormJob(device, 7, 128)),
        new("crossentropy-256", "softmax cross-entropy 64x256x28x28, mean, forward and backward", CrossEntropyJob),
        new("gate-64", "tanh(a) sigmoid(b), both 64x64x28x28, forward and backward", GateJob),
        new("step-vae", "training step of the dense VAE 784-400-20, batch 128", device => StepJob.DenseVae(device, 128)),
        new("step-convvae", "training step of a convolutional VAE 1-32-64, batch 128", device => StepJob.ConvVae(device, 128)),
        new("step-dcgan", "training step of a DCGAN, both networks, batch 128", device => StepJob.Dcgan(device, 128)),
        new("step-gatedpixelcnn", "training step of a gated PixelCNN of 32 channels, batch 32", device => StepJob.GatedPixelCnn(device, 32)),
        new("step-wavenet", "training step of a WaveNet of 10 layers, 4 x 4096 samples", device => StepJob.WaveNet(device, 4)),
        new("sample-pixelcnn", "16 images of 28x28 by the gated PixelCNN; the peer runs a whole forward pass a pixel (28 of 784 are timed)", SampleJob.PixelCnn) { PeerParts = 28 },
        new("sample-pixelcnn-cached", "the same, the peer with the same algorithm: one column a layer and pixel", SampleJob.PixelCnn),
        new("sample-wavenet", "256 samples of one stream by the WaveNet; the peer runs a whole forward pass over 1024 a sample (16 of 256 are timed)", SampleJob.WaveNet) { PeerParts = 16 },
        new("sample-wavenet-cached", "the same, the peer with the same algorithm: a queue a layer", SampleJob.WaveNet),
        new("startup-vae", "process start to the first finished VAE step", null),
    ];
    private static OpJob NormJob(Device device, int side, int channels)
    {
        Shape[] shapes = [new(64, side, side, channels), new(channels), new(channels)];
        // statistics, normalisation (read, write), sums (read two), gradient (read two, write)
        return new OpJob(device, 0, 8.0 * sizeof(float) * shapes[0].Count, shapes, x => x[0].BatchNorm(x[1], x[2]));
    }

    private static OpJob CrossEntropyJob(Device device)
    {
        var shape = new Shape(64, 28, 28, 256);
        int[] labels = [.. Enumerable.Range(0, 64 * 784).Select(i => i * 7919 % 256)];
        Tensor? targets = null;
        return new OpJob(device, 0, 2.0 * sizeof(float) * shape.Count, [shape], x => x[0].SoftmaxCrossEntropyMean(targets ??= x[0].Context.FromLabels(labels, new Shape(64, 28, 28))));
    }

    private static OpJob GateJob(Device device)
    {
        var shape = new Shape(64, 28, 28, 64);
        return new OpJob(device, 0, 8.0 * sizeof(float) * shape.Count, [shape, shape], x => x[0].TanhGate(x[1]));
    }
}
