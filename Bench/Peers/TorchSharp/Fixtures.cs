using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenEngine.Peers.TorchSharp;

/// <summary>
/// "fixtures FOLDER": what TorchSharp computes on small random inputs, as files that this engine's tests compare with. One method an operation; a
/// gradient is that of sum(y * dy) for the random dy beside it. Layouts are this engine's: images NHWC, filters [K, R, S, C]; a transposed
/// convolution's weight [Cin, Cout, R, S] becomes [Cin, R, S, Cout].
/// </summary>
internal static class Fixtures
{
    private static readonly (string Name, Func<IReadOnlyList<FixtureCase>> Make)[] s_operations =
    [
        ("batch_norm", BatchNorm),
        ("conv2d", Conv2d),
        ("conv_transpose2d", ConvTranspose2d),
        ("cross_entropy", CrossEntropy),
        ("max_pool2d", MaxPool2d),
    ];

    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        set_num_threads(1);
        foreach (var (name, make) in s_operations)
        {
            manual_seed(1);
            FixtureFile.Write(Path.Combine(folder, name + ".safetensors"), make());
        }
    }

    private static List<FixtureCase> BatchNorm()
    {
        var cases = new List<FixtureCase>();
        foreach (bool train in (bool[])[true, false])
        {
            Add([4, 3, 5, 7], 0.1, 1e-5, 0);
            Add([2, 1, 3, 3], 0.1, 1e-5, 0);
            Add([1, 17, 4, 2], 0.3, 1e-3, 5);
            Add([65, 5], 0.1, 1e-5, -2);
            Add([3, 33], 0.01, 1e-5, 0);

            void Add(long[] shape, double momentum, double epsilon, double offset)
            {
                long channels = shape[1];
                var x = Leaf(randn(shape) * 1.5 + offset);
                Tensor gamma = Leaf(rand(channels) + 0.5), beta = Leaf(randn(channels)), mean = randn(channels), variance = rand(channels) + 0.5;
                var one = new FixtureCase(Name(train ? "train" : "eval", shape), ("train", train ? 1 : 0), ("momentum", momentum), ("epsilon", epsilon))
                    .AddImages("x", x).Add("gamma", gamma).Add("beta", beta).Add("running_mean", mean).Add("running_var", variance);
                var y = F.batch_norm(x, mean, variance, gamma, beta, train, momentum, epsilon);
                var dy = Backward(y);
                one.AddImages("y", y).AddImages("dy", dy).AddImages("dx", x.grad!).Add("dgamma", gamma.grad!).Add("dbeta", beta.grad!);
                if (train) one.Add("running_mean_after", mean).Add("running_var_after", variance);
                cases.Add(one);
            }
        }

        return cases;
    }

    private static List<FixtureCase> Conv2d()
    {
        var cases = new List<FixtureCase>();
        Add([2, 3, 7, 5], [4, 3, 3, 3], [1, 1], [1, 1], [1, 1]);
        Add([1, 1, 9, 8], [5, 1, 4, 4], [2, 2], [1, 1], [1, 1]);
        Add([2, 5, 8, 11], [3, 5, 3, 2], [3, 2], [1, 0], [1, 1]);
        Add([3, 2, 11, 10], [3, 2, 3, 3], [1, 1], [2, 2], [2, 2]);
        Add([1, 4, 6, 6], [7, 4, 1, 1], [1, 1], [0, 0], [1, 1]);
        Add([2, 3, 13, 9], [2, 3, 3, 3], [2, 3], [2, 4], [3, 2]);
        Add([1, 3, 1, 17], [4, 3, 1, 3], [1, 1], [0, 4], [1, 4]);
        Add([1, 2, 5, 5], [3, 2, 5, 5], [1, 1], [0, 0], [1, 1]);
        return cases;

        void Add(long[] input, long[] filters, long[] stride, long[] padding, long[] dilation)
        {
            Tensor x = Leaf(randn(input)), w = Leaf(randn(filters) * 0.3), b = Leaf(randn(filters[0]));
            var y = F.conv2d(x, w, b, stride, padding, dilation);
            var dy = Backward(y);
            cases.Add(new FixtureCase($"{Name("", input)} filters {string.Join('x', filters)}", [.. Pairs("stride", stride), .. Pairs("padding", padding), .. Pairs("dilation", dilation)])
                .AddImages("x", x).AddImages("w", w).Add("b", b).AddImages("y", y).AddImages("dy", dy).AddImages("dx", x.grad!).AddImages("dw", w.grad!).Add("db", b.grad!));
        }
    }

    private static List<FixtureCase> ConvTranspose2d()
    {
        var cases = new List<FixtureCase>();
        Add([2, 3, 4, 5], [3, 2, 4, 4], [2, 2], [1, 1], [0, 0], [1, 1]);
        Add([1, 5, 3, 4], [5, 3, 3, 3], [2, 2], [1, 1], [1, 1], [1, 1]);
        Add([2, 2, 5, 3], [2, 4, 3, 3], [1, 1], [1, 1], [0, 0], [1, 1]);
        Add([1, 3, 4, 3], [3, 2, 5, 4], [3, 2], [1, 0], [2, 1], [1, 1]);
        Add([2, 1, 3, 5], [1, 3, 3, 3], [2, 3], [0, 1], [1, 0], [2, 1]);
        Add([1, 4, 3, 3], [4, 1, 4, 4], [2, 2], [1, 1], [0, 0], [1, 1]);
        Add([1, 7, 1, 1], [7, 3, 4, 4], [1, 1], [0, 0], [0, 0], [1, 1]);
        return cases;

        void Add(long[] input, long[] filters, long[] stride, long[] padding, long[] outputPadding, long[] dilation)
        {
            Tensor x = Leaf(randn(input)), w = Leaf(randn(filters) * 0.3), b = Leaf(randn(filters[1]));
            var y = F.conv_transpose2d(x, w, b, stride, padding, outputPadding, dilation);
            var dy = Backward(y);
            cases.Add(new FixtureCase(
                $"{Name("", input)} filters {string.Join('x', filters)} stride {string.Join('x', stride)}",
                [.. Pairs("stride", stride), .. Pairs("padding", padding), .. Pairs("output_padding", outputPadding), .. Pairs("dilation", dilation)])
                .AddImages("x", x).AddImages("w", w).Add("b", b).AddImages("y", y).AddImages("dy", dy).AddImages("dx", x.grad!).AddImages("dw", w.grad!).Add("db", b.grad!));
        }
    }

    /// <summary>One loss a position, none averaged; dloss is random, so dx is not softmax - onehot alone.</summary>
    private static List<FixtureCase> CrossEntropy()
    {
        var cases = new List<FixtureCase>();
        Add([5, 10], 1);
        Add([4, 256], 1);
        Add([2, 17, 3, 4], 3);
        Add([3, 7], 40);
        Add([1, 2], 1);
        return cases;

        void Add(long[] shape, double scale)
        {
            var x = Leaf(randn(shape) * scale);
            var labels = randint(shape[1], [shape[0], .. shape[2..]], dtype: ScalarType.Int64);
            var y = F.cross_entropy(x, labels, reduction: nn.Reduction.None);
            var dy = Backward(y);
            cases.Add(new FixtureCase($"{Name("", shape)} scale {scale}").AddImages("x", x).Add("labels", labels).Add("loss", y).Add("dloss", dy).AddImages("dx", x.grad!));
        }
    }

    /// <summary>Indices are h * W + w in the image of one channel.</summary>
    private static List<FixtureCase> MaxPool2d()
    {
        var cases = new List<FixtureCase>();
        Add([2, 3, 6, 8], [2, 2], [2, 2], [0, 0]);
        Add([1, 2, 7, 9], [3, 3], [2, 2], [1, 1]);
        Add([2, 5, 5, 4], [3, 3], [1, 1], [1, 1]);
        Add([1, 4, 6, 7], [2, 3], [2, 1], [0, 1]);
        Add([1, 1, 8, 8], [2, 2], [3, 3], [0, 0]);
        return cases;

        void Add(long[] input, long[] kernel, long[] stride, long[] padding)
        {
            var x = Leaf(randn(input));
            var (y, indices) = F.max_pool2d_with_indices(x, kernel, stride, padding);
            var dy = Backward(y);
            cases.Add(new FixtureCase($"{Name("", input)} kernel {string.Join('x', kernel)}", [.. Pairs("kernel", kernel), .. Pairs("stride", stride), .. Pairs("padding", padding)])
                .AddImages("x", x).AddImages("y", y).AddImages("indices", indices).AddImages("dy", dy).AddImages("dx", x.grad!));
        }
    }

    private static Tensor Leaf(Tensor values)
    {
        var leaf = values.detach();
        leaf.requires_grad = true;
        return leaf;
    }

    /// <summary>Runs the backward pass from a random dy and gives it.</summary>
    private static Tensor Backward(Tensor y)
    {
        var dy = randn_like(y.detach());
        y.backward([dy]);
        return dy;
    }

    /// <summary>Names say the shapes as TorchSharp has them: N x C x H x W.</summary>
    private static string Name(string prefix, long[] shape) => $"{prefix} {string.Join('x', shape)}".Trim();

    private static (string, double)[] Pairs(string name, long[] values) => [($"{name}_h", values[0]), ($"{name}_w", values[1])];
}
