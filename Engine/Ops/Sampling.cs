using GenEngine.Kernels.Loss;
using GenEngine.Kernels.Sampling;
using CategoricalKernel = GenEngine.Kernels.Sampling.CategoricalSample;
using DropoutKernel = GenEngine.Kernels.Sampling.Dropout;
using GaussianKlKernel = GenEngine.Kernels.Loss.GaussianKl;
using ReparameterizeKernel = GenEngine.Kernels.Sampling.Reparameterize;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>Standard normal noise.</summary>
    public static Tensor RandomNormal(this Context context, Shape shape, double mean = 0, double deviation = 1) =>
        Random(context, shape, Distribution.Normal, mean, deviation, "normal");

    /// <summary>Uniform noise in [low, high).</summary>
    public static Tensor RandomUniform(this Context context, Shape shape, double low = 0, double high = 1) =>
        Random(context, shape, Distribution.Uniform, low, high, "uniform");

    /// <summary>1 with the given probability, else 0; no gradient.</summary>
    public static Tensor RandomBernoulli(this Tensor probabilities)
    {
        Shapes.Real(probabilities);
        var context = probabilities.Context;
        var y = context.NewTensor(probabilities.Shape, "bernoulli");
        BernoulliSample.Run(context.Device, context.Real, probabilities.Range, y.Range, y.Count, context.Random, context.NextStream());
        context.Tape.Record("bernoulli", [y], [probabilities], [], null);
        return y;
    }

    /// <summary>A class a row, drawn from softmax(logits): [.., classes] -> int32 labels [rows]; no gradient.</summary>
    public static Tensor CategoricalSample(this Tensor logits)
    {
        Shapes.Real(logits, "categorical");
        var (context, rows, classes) = (logits.Context, logits.Shape.Rows, logits.Shape.Columns);
        var labels = context.NewLabels(new Shape(rows), "categorical", (0, classes - 1));
        CategoricalKernel.Run(context.Device, context.Real, logits.Range, labels.Range, rows, classes, context.Random, context.NextStream());
        context.Tape.Record("categorical", [labels], [logits], [], null);
        return labels;
    }

    /// <summary>Labels drawn uniformly among classes: int32 [rows].</summary>
    public static Tensor RandomLabels(this Context context, int rows, int classes) =>
        context.RandomUniform(new Shape(rows, classes)).Affine(0).CategoricalSample(); // all logits 0

    /// <summary>Zeroes each element with probability rate and scales the others by 1/(1-rate) (Srivastava et al. 2014).</summary>
    public static Tensor Dropout(this Tensor x, double rate)
    {
        Shapes.Real(x);
        if (rate is < 0 or >= 1) throw new ArgumentOutOfRangeException(nameof(rate), rate, "A dropout rate lies in [0, 1).");
        var context = x.Context;
        uint stream = context.NextStream();
        var y = context.NewTensor(x.Shape, "dropout");
        DropoutKernel.Run(context.Device, context.Real, x.Range, y.Range, x.Count, rate, context.Random, stream);
        context.Tape.Record("dropout", [y], [x], [], (_, sink) => sink.Transform(y, x, (dy, dx, accumulate) =>
        {
            if (!accumulate) DropoutKernel.Run(context.Device, context.Real, dy, dx, x.Count, rate, context.Random, stream);
            else
            {
                using var scratch = new Scratch(context, dx.Bytes, "dropout");
                DropoutKernel.Run(context.Device, context.Real, dy, scratch.Range, x.Count, rate, context.Random, stream);
                Kernels.Elementwise.Accumulate.Run(context.Device, context.Real, scratch.Range, dx, x.Count);
            }
        }));
        return y;
    }

    /// <summary>
    /// The reparameterisation trick and its KL term in one kernel (Kingma and Welling 2013, eq. 10): from [rows, 2*latent] = mean | log variance,
    /// z = mean + exp(log variance / 2) * noise [rows, latent], and KL(q || N(0, 1)) in nats, one value a row. The noise is drawn again in Backward, not stored.
    /// </summary>
    public static (Tensor Z, Tensor Kl) Reparameterize(this Tensor meanLogVariance)
    {
        Shapes.Real(meanLogVariance);
        var (context, rows, latent) = Halves(meanLogVariance, "reparameterize");
        uint stream = context.NextStream();
        var z = context.NewTensor(new Shape(rows, latent), "reparameterize");
        var kl = context.NewTensor(new Shape(rows), "kl");
        ReparameterizeKernel.Forward(context.Device, context.Real, meanLogVariance.Range, z.Range, kl.Range, rows, latent, context.Random, stream);
        context.Tape.Record("reparameterize", [z, kl], [meanLogVariance], [meanLogVariance], (node, sink) =>
        {
            var (dz, dkl) = (node.GradientOf(z), node.GradientOf(kl));
            sink.AddWritten(meanLogVariance, range => ReparameterizeKernel.Backward(
                context.Device, context.Real, meanLogVariance.Range, dz.Range, dkl.Range, range, rows, latent, context.Random, stream));
        });
        return (z, kl);
    }

    /// <summary>KL(q || N(0, 1)) in nats of [rows, 2*latent] = mean | log variance; one value a row.</summary>
    public static Tensor GaussianKl(this Tensor meanLogVariance)
    {
        Shapes.Real(meanLogVariance);
        var (context, rows, latent) = Halves(meanLogVariance, "gaussian kl");
        var kl = context.NewTensor(new Shape(rows), "gaussian kl");
        GaussianKlKernel.Forward(context.Device, context.Real, meanLogVariance.Range, kl.Range, rows, latent);
        context.Tape.Record("gaussian kl", [kl], [meanLogVariance], [meanLogVariance], (node, sink) =>
        {
            var dkl = node.GradientOf(kl);
            sink.AddWritten(meanLogVariance, range =>
                GaussianKlKernel.Backward(context.Device, context.Real, meanLogVariance.Range, dkl.Range, range, rows, latent));
        });
        return kl;
    }

    private static (Context Context, int Rows, int Latent) Halves(Tensor x, string op)
    {
        if (x.Shape.Columns % 2 != 0) throw new Kernels.EngineException($"{op}: {x.Shape} cannot be halved into mean and log variance; the last extent must be even.");
        return (x.Context, x.Shape.Rows, x.Shape.Columns / 2);
    }

    private static Tensor Random(Context context, Shape shape, Distribution distribution, double p0, double p1, string name)
    {
        var y = context.NewTensor(shape, name);
        RandomFill.Run(context.Device, context.Real, distribution, y.Range, y.Count, context.Random, context.NextStream(), p0, p1);
        return y;
    }
}
