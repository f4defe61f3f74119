using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>Causality by perturbation: no output changes, bit for bit, when a later input does; each earlier one inside the field changes it.</summary>
[Parallelizable]
public sealed class CausalityTests
{
    private const int Height = 5, Width = 6; // more than a field either way; an image an input makes it dear

    [Test]
    public void A_masked_convolution_sees_what_comes_earlier([EachDevice] TestDevice target, [Values(ConvMask.A, ConvMask.B)] ConvMask mask, [Values(1, 3)] int colours, [Values(1, 2)] int halves)
    {
        var spec = ConvSpec.Masked(mask, 5, colours, halves);
        int c = 2 * colours, k = colours * halves * 2;
        Check(target.Open(), spec, Height, c, k, (iy, ix, ic, oy, ox, oc) =>
        {
            int colourIn = ic * colours / c, colourOut = oc % (k / halves) * colours / (k / halves);
            int order = (iy, ix).CompareTo((oy, ox));
            bool earlier = order < 0 || (order == 0 && (mask == ConvMask.B ? colourIn <= colourOut : colourIn < colourOut));
            return earlier && Math.Abs(iy - oy) <= 2 && Math.Abs(ix - ox) <= 2;
        });
    }

    [Test]
    public void The_vertical_stack_sees_the_rows_above([EachDevice] TestDevice target, [Values(0, 1)] int shift) =>
        Check(target.Open(), ConvSpec.Vertical(3, shift), Height, 2, 3, (iy, ix, _, oy, ox, _) => iy <= oy - shift && iy >= oy - shift - 1 && Math.Abs(ix - ox) <= 1);

    [Test]
    public void The_horizontal_stack_sees_the_pixels_to_the_left([EachDevice] TestDevice target, [Values] bool itself) =>
        Check(target.Open(), ConvSpec.Horizontal(5, itself), Height, 2, 3, (iy, ix, _, oy, ox, _) => iy == oy && ix >= ox - 2 && (itself ? ix <= ox : ix < ox));

    [Test]
    public void A_causal_convolution_sees_the_past([EachDevice] TestDevice target, [Values(0, 1)] int shift, [Values(1, 3)] int dilation) =>
        Check(target.Open(), ConvSpec.Causal(2, dilation, shift), 1, 2, 3, (_, ix, _, _, ox, _) => ix == ox - shift || ix == ox - shift - dilation);

    private static void Check(Device device, ConvSpec spec, int height, int c, int k, Func<int, int, int, int, int, int, bool> sees)
    {
        var plan = ConvPlan.Create(spec, new ConvImage(height, Width, c), k);
        Assert.That(plan.Output, Is.EqualTo(new ConvImage(height, Width, k)), "the image keeps its size");
        double[] x = ConvRun.Values(plan.Input.Count, 7), w = ConvRun.Values(plan.FilterCount, 8);
        // one batch: the image itself, then one image a changed input
        int count = (int)plan.Input.Count;
        var images = new double[(count + 1) * count];
        for (int n = 0; n <= count; n++) x.CopyTo(images, n * count);
        for (int i = 0; i < count; i++) images[((i + 1) * count) + i] += 1;
        double[] y = ConvRun.Forward(device, DType.Float32, plan, count + 1, images, w);
        int outputs = (int)plan.Output.Count;
        for (int i = 0; i < count; i++)
        {
            for (int o = 0; o < outputs; o++)
            {
                bool changed = BitConverter.DoubleToInt64Bits(y[((i + 1) * outputs) + o]) != BitConverter.DoubleToInt64Bits(y[o]);
                bool expected = sees(i / c / Width, i / c % Width, i % c, o / k / Width, o / k % Width, o % k);
                if (changed != expected) Assert.Fail($"{spec}: input {i} {(changed ? "reaches" : "does not reach")} output {o}");
            }
        }
    }
}
