using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenEngine.Peers.TorchSharp;

/// <summary>Operations forward and backward: the gradients of all inputs from a given gradient of the result.</summary>
internal static class OpJobs
{
    /// <summary>The job of a name; null for a name that is no operation.</summary>
    public static IJob? Create(string name) => name switch
    {
        "conv-64-128-k3" => Conv(64, 32, 64, 128, 3, 1, 1),
        "conv-1-64-k4s2" => Conv(64, 28, 1, 64, 4, 2, 1),
        "conv-64-128-k4s2" => Conv(64, 14, 64, 128, 4, 2, 1),
        "deconv-128-64" => Deconv(64, 7, 128, 64),
        "deconv-64-1" => Deconv(64, 14, 64, 1),
        "masked-32-k3" => Masked(64, 28, 32, 32, 3, maskA: false),
        "masked-1-64-k7" => Masked(64, 28, 1, 64, 7, maskA: true),
        "batchnorm-64x32x32" => BatchNorm(64, 32),
        "batchnorm-128x7x7" => BatchNorm(128, 7),
        "crossentropy-256" => CrossEntropy(),
        "gate-64" => new([randn(64, 64, 28, 28), randn(64, 64, 28, 28)], x => x[0].tanh() * x[1].sigmoid()),
        _ => null,
    };

    private static OpJob Conv(long images, long side, long channels, long outputs, long kernel, long stride, long padding) => new(
        [randn(images, channels, side, side), randn(outputs, channels, kernel, kernel) * 0.05, randn(outputs) * 0.05],
        x => F.conv2d(x[0], x[1], x[2], strides: [stride, stride], padding: [padding, padding]));

    private static OpJob Deconv(long images, long side, long channels, long outputs) => new(
        [randn(images, channels, side, side), randn(channels, outputs, 4, 4) * 0.05, randn(outputs) * 0.05],
        x => F.conv_transpose2d(x[0], x[1], x[2], strides: [2, 2], padding: [1, 1]));

    private static OpJob BatchNorm(long channels, long side)
    {
        Tensor mean = zeros(channels), variance = ones(channels);
        return new(
            [randn(64, channels, side, side), randn(channels), randn(channels)],
            x => F.batch_norm(x[0], mean, variance, x[1], x[2], training: true, momentum: 0.1, eps: 1e-5));
    }

    private static OpJob CrossEntropy()
    {
        var targets = randint(0, 256, new long[] { 64, 28, 28 }, dtype: ScalarType.Int64);
        return new([randn(64, 256, 28, 28)], x => F.cross_entropy(x[0], targets));
    }

    private static OpJob Masked(long images, long side, long channels, long outputs, int kernel, bool maskA)
    {
        var mask = MaskedConv.Mask(outputs, channels, kernel, maskA);
        long padding = kernel / 2;
        return new(
            [randn(images, channels, side, side), randn(outputs, channels, kernel, kernel) * 0.05, randn(outputs) * 0.05],
            x => F.conv2d(x[0], x[1] * mask, x[2], strides: [1, 1], padding: [padding, padding]));
    }
}

internal sealed class OpJob : IJob
{
    private readonly Tensor[] _inputs;
    private readonly Func<Tensor[], Tensor> _op;
    private readonly Tensor _gradient;

    public OpJob(Tensor[] inputs, Func<Tensor[], Tensor> op)
    {
        _op = op;
        _inputs = [.. inputs.Select(input => input.detach().requires_grad_(true))];
        using var _ = no_grad();
        using var y = op(_inputs);
        _gradient = y.numel() == 1 ? ones_like(y) : randn_like(y);
    }

    public void Run()
    {
        using var scope = NewDisposeScope();
        autograd.grad([_op(_inputs)], _inputs, [_gradient]);
    }

    public void Dispose()
    {
        _gradient.Dispose();
        foreach (var input in _inputs) input.Dispose();
    }
}

/// <summary>The mask of a PixelCNN: what comes later in the order of rows and columns is zero.</summary>
internal static class MaskedConv
{
    public static Tensor Mask(long outputs, long inputs, int kernel, bool maskA)
    {
        var mask = ones(outputs, inputs, kernel, kernel);
        int centre = kernel / 2;
        for (int y = 0; y < kernel; y++)
        {
            for (int x = 0; x < kernel; x++)
            {
                if (y > centre || (y == centre && (x > centre || (maskA && x == centre)))) mask[TensorIndex.Ellipsis, y, x] = 0f;
            }
        }

        return mask;
    }
}
