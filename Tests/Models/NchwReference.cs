using GenEngine.Files;
using GenEngine.Models;

namespace GenEngine.Tests.Models;

/// <summary>Images [N, C, H, W]; rows where H and W are 1.</summary>
internal sealed record Nchw(int Count, int Channels, int Height, int Width, double[] Values)
{
    public int Size => Channels * Height * Width;

    public double this[int n, int c, int h, int w] => Values[(((((n * Channels) + c) * Height) + h) * Width) + w];

    public static Nchw Rows(int count, double[] values) => new(count, values.Length / count, 1, 1, values);

    /// <summary>PyTorch's flatten(1): nothing moves.</summary>
    public Nchw Flatten() => new(Count, Size, 1, 1, Values);

    /// <summary>PyTorch's view(-1, channels, height, width).</summary>
    public Nchw View(int channels, int height, int width) => new(Count, channels, height, width, Values);

    public Nchw Map(Func<double, double> function) => this with { Values = Array.ConvertAll(Values, value => function(value)) };

    /// <summary>Of images as this engine has them, [N, H, W, C].</summary>
    public static Nchw OfNhwc(double[] values, int height, int width, int channels)
    {
        int count = values.Length / (height * width * channels);
        var moved = new double[values.Length];
        for (int n = 0, i = 0; n < count; n++)
            for (int h = 0; h < height; h++)
                for (int w = 0; w < width; w++)
                    for (int c = 0; c < channels; c++) moved[(((((n * channels) + c) * height) + h) * width) + w] = values[i++];
        return new Nchw(count, channels, height, width, moved);
    }
}

/// <summary>
/// What PyTorch computes with the weights in a file, in evaluation and in float64, by loops as its documentation states the layers; it shares no code with the engine but the file's reader.
/// </summary>
internal sealed class NchwReference : IDisposable
{
    private readonly SafeTensorsReader _file;

    public NchwReference(string path) => _file = SafeTensorsReader.Open(path);

    public void Dispose() => _file.Dispose();

    public bool Has(string name) => _file.Contains(name);

    public double[] Values(string name) => _file.ReadAsDouble(name);

    public IReadOnlyList<int> Shape(string name) => _file[name].Shape;

    /// <summary>nn.Linear: y = x W^T + b, W [out, in].</summary>
    public Nchw Linear(Nchw x, string name) => Linear(x, Values($"{name}.weight"), Shape($"{name}.weight")[0], Bias(name));

    public static Nchw Linear(Nchw x, double[] weight, int outputs, double[]? bias)
    {
        int inputs = weight.Length / outputs;
        if (inputs != x.Size) throw new ArgumentException($"{x.Size} numbers a row for {inputs} inputs");
        var y = new double[x.Count * outputs];
        for (int n = 0; n < x.Count; n++)
        {
            for (int o = 0; o < outputs; o++)
            {
                double sum = bias?[o] ?? 0;
                for (int i = 0; i < inputs; i++) sum += x.Values[(n * inputs) + i] * weight[(o * inputs) + i];
                y[(n * outputs) + o] = sum;
            }
        }

        return new Nchw(x.Count, outputs, 1, 1, y);
    }

    /// <summary>nn.Conv2d, weight [out, in, R, S].</summary>
    public Nchw Conv2d(Nchw x, string name, int stride, int padding)
    {
        var (shape, weight, bias) = (Shape($"{name}.weight"), Values($"{name}.weight"), Bias(name));
        int outputs = shape[0], inputs = shape[1], rows = shape[2], columns = shape[3];
        if (inputs != x.Channels) throw new ArgumentException($"{name}: {x.Channels} channels for {inputs}");
        int height = ((x.Height + (2 * padding) - rows) / stride) + 1, width = ((x.Width + (2 * padding) - columns) / stride) + 1;
        var y = new double[x.Count * outputs * height * width];
        int at = 0;
        for (int n = 0; n < x.Count; n++)
            for (int o = 0; o < outputs; o++)
                for (int h = 0; h < height; h++)
                    for (int w = 0; w < width; w++)
                    {
                        double sum = bias?[o] ?? 0;
                        for (int c = 0; c < inputs; c++)
                            for (int r = 0; r < rows; r++)
                                for (int s = 0; s < columns; s++)
                                {
                                    int i = (h * stride) - padding + r, j = (w * stride) - padding + s;
                                    if (i >= 0 && i < x.Height && j >= 0 && j < x.Width) sum += x[n, c, i, j] * weight[(((((o * inputs) + c) * rows) + r) * columns) + s];
                                }

                        y[at++] = sum;
                    }

        return new Nchw(x.Count, outputs, height, width, y);
    }

    /// <summary>nn.ConvTranspose2d, weight [in, out, R, S]: every input is spread over the outputs under its filter.</summary>
    public Nchw ConvTranspose2d(Nchw x, string name, int stride, int padding)
    {
        var (shape, weight, bias) = (Shape($"{name}.weight"), Values($"{name}.weight"), Bias(name));
        int inputs = shape[0], outputs = shape[1], rows = shape[2], columns = shape[3];
        if (inputs != x.Channels) throw new ArgumentException($"{name}: {x.Channels} channels for {inputs}");
        int height = ((x.Height - 1) * stride) - (2 * padding) + rows, width = ((x.Width - 1) * stride) - (2 * padding) + columns;
        var y = new double[x.Count * outputs * height * width];
        for (int i = 0; i < y.Length; i++) y[i] = bias?[i / (height * width) % outputs] ?? 0;
        for (int n = 0; n < x.Count; n++)
            for (int c = 0; c < inputs; c++)
                for (int h = 0; h < x.Height; h++)
                    for (int w = 0; w < x.Width; w++)
                        for (int o = 0; o < outputs; o++)
                            for (int r = 0; r < rows; r++)
                                for (int s = 0; s < columns; s++)
                                {
                                    int i = (h * stride) - padding + r, j = (w * stride) - padding + s;
                                    if (i < 0 || i >= height || j < 0 || j >= width) continue;
                                    y[(((((n * outputs) + o) * height) + i) * width) + j] += x[n, c, h, w] * weight[(((((c * outputs) + o) * rows) + r) * columns) + s];
                                }

        return new Nchw(x.Count, outputs, height, width, y);
    }

    /// <summary>nn.BatchNorm1d and 2d in evaluation.</summary>
    public Nchw BatchNorm(Nchw x, string name)
    {
        double[] weight = Values($"{name}.weight"), bias = Values($"{name}.bias"), mean = Values($"{name}.running_mean"), variance = Values($"{name}.running_var");
        if (weight.Length != x.Channels) throw new ArgumentException($"{name}: {x.Channels} channels for {weight.Length}");
        int positions = x.Height * x.Width;
        return x with { Values = [.. x.Values.Select((value, i) => (i / positions % x.Channels) is var c ? ((value - mean[c]) / Math.Sqrt(variance[c] + 1e-5) * weight[c]) + bias[c] : 0)] };
    }

    /// <summary>nn.MaxPool2d(2).</summary>
    public static Nchw MaxPool2(Nchw x)
    {
        int height = x.Height / 2, width = x.Width / 2;
        var y = new double[x.Count * x.Channels * height * width];
        int at = 0;
        for (int n = 0; n < x.Count; n++)
            for (int c = 0; c < x.Channels; c++)
                for (int h = 0; h < height; h++)
                    for (int w = 0; w < width; w++)
                        y[at++] = Math.Max(Math.Max(x[n, c, 2 * h, 2 * w], x[n, c, 2 * h, (2 * w) + 1]), Math.Max(x[n, c, (2 * h) + 1, 2 * w], x[n, c, (2 * h) + 1, (2 * w) + 1]));
        return new Nchw(x.Count, x.Channels, height, width, y);
    }

    /// <summary>torch.cat(dim = 1).</summary>
    public static Nchw Cat(Nchw a, Nchw b) => new(
        a.Count, a.Channels + b.Channels, a.Height, a.Width,
        [.. Enumerable.Range(0, a.Count).SelectMany(n => a.Values.AsSpan(n * a.Size, a.Size).ToArray().Concat(b.Values.AsSpan(n * b.Size, b.Size).ToArray()))]);

    public static double Relu(double x) => Math.Max(x, 0);

    public static double LeakyRelu(double x) => x > 0 ? x : 0.2 * x;

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>A convolutional encoder or discriminator of the zoo.</summary>
    /// <param name="labels">Of a conditional one: rows of its learned map.</param>
    public Nchw Encoder(string prefix, Nchw x, int[]? labels) => Linear(Trunk(prefix, x, labels), $"{prefix}out");

    /// <summary>What its last layer sees.</summary>
    public Nchw Trunk(string prefix, Nchw x, int[]? labels)
    {
        if (labels is not null)
        {
            double[] map = Values($"{prefix}classes.weight");
            int plane = x.Height * x.Width;
            x = Cat(x, new Nchw(x.Count, 1, x.Height, x.Width, [.. labels.SelectMany(label => map.AsSpan(label * plane, plane).ToArray())]));
        }

        for (int i = 0; Has($"{prefix}conv{i}.weight"); i++)
        {
            x = Conv2d(x, $"{prefix}conv{i}", 2, 1);
            x = (i > 0 ? BatchNorm(x, $"{prefix}conv{i}.norm") : x).Map(LeakyRelu);
        }

        x = x.Flatten();
        return Has($"{prefix}dense.weight") ? BatchNorm(Linear(x, $"{prefix}dense"), $"{prefix}dense.norm").Map(LeakyRelu) : x;
    }

    /// <summary>A convolutional decoder or generator of the zoo, before the function that bounds its pixels.</summary>
    public Nchw Decoder(string prefix, Nchw z, int[]? labels, DataShape data)
    {
        if (labels is not null) z = Cat(z, Nchw.Rows(z.Count, [.. labels.SelectMany(label => Enumerable.Range(0, data.Classes).Select(c => c == label ? Math.Sqrt(data.Classes) : 0))]));
        if (Has($"{prefix}dense.weight")) z = BatchNorm(Linear(z, $"{prefix}dense"), $"{prefix}dense.norm").Map(Relu);
        int stages = 0;
        while (Has($"{prefix}conv{stages}.weight")) stages++;
        z = Linear(z, $"{prefix}widen").View(Shape($"{prefix}widen.norm.weight")[0], data.Height >> stages, data.Width >> stages);
        z = BatchNorm(z, $"{prefix}widen.norm").Map(Relu);
        for (int i = stages - 1; i >= 0; i--)
        {
            z = ConvTranspose2d(z, $"{prefix}conv{i}", 2, 1);
            if (i > 0) z = BatchNorm(z, $"{prefix}conv{i}.norm").Map(Relu);
        }

        return z;
    }

    /// <summary>Dense layers prefix0, prefix1, ... with ReLU between.</summary>
    public Nchw Dense(string prefix, Nchw x)
    {
        for (int i = 0; Has($"{prefix}{i}.weight"); i++)
        {
            if (i > 0) x = x.Map(Relu);
            x = Linear(x, $"{prefix}{i}");
        }

        return x;
    }

    private double[]? Bias(string name) => Has($"{name}.bias") ? Values($"{name}.bias") : null;
}
