using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

[Parallelizable]
public sealed class ConvPlanTests
{
    private static readonly Config s_many = Config.QuickThrowOnFailure.WithMaxTest(400).WithQuietOnSuccess(true);

    [Test]
    public void Adjoint_of_adjoint_is_the_plan() =>
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry => geometry.Plan.Adjoint().Adjoint().Equals(geometry.Plan)).Check(s_many);

    [Test]
    public void Parts_cover_every_output_once_and_taps_are_in_filter_order() =>
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry =>
        {
            foreach (var plan in new[] { geometry.Plan, geometry.Plan.Adjoint() })
            {
                var seen = new int[plan.Output.Count];
                foreach (var part in plan.Parts)
                    for (int i = 0; i < part.CountY; i++)
                        for (int j = 0; j < part.CountX; j++)
                            for (int k = part.FirstOutput; k < part.EndOutput; k++)
                                seen[((((part.OffsetY + (i * plan.StepY)) * plan.Output.Width) + part.OffsetX + (j * plan.StepX)) * plan.Output.Channels) + k]++;
                Assert.That(seen, Is.All.EqualTo(1), plan.ToString());
                foreach (var part in plan.Parts) Assert.That(part.Taps.Select(tap => (tap.Filter, tap.First)), Is.Ordered, plan.ToString());
            }
        }).Check(s_many);

    [Test]
    public void A_plan_and_its_adjoint_have_the_same_products() =>
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry =>
        {
            var (plan, adjoint) = (geometry.Plan, geometry.Plan.Adjoint());
            var products = new HashSet<(long, long, long)>();
            int count = 0;
            ConvRun.Products(plan, 1, (output, input, filter) => products.Add((output, input, filter)));
            ConvRun.Products(adjoint, 1, (output, input, filter) =>
            {
                count++;
                Assert.That(products.Contains((input, output, filter)), $"{adjoint}: {output} <- {input} by {filter}");
            });
            Assert.That(count, Is.EqualTo(products.Count), adjoint.ToString());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true));

    [Test]
    public void A_strided_convolutions_adjoint_multiplies_no_zeros()
    {
        var plan = ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(14, 14, 64), 128).Adjoint();
        Assert.That(plan.Parts, Has.Count.EqualTo(4), "one part a phase");
        Assert.That(plan.Parts.Select(part => part.Taps.Count), Is.All.EqualTo(4));
        Assert.That(plan.Products, Is.EqualTo(14L * 14 * 64 * 4 * 128));
    }

    [Test]
    public void Masks_skip_what_the_paper_masks()
    {
        int Taps(ConvMask mask, int kernel) => ConvPlan.Create(ConvSpec.Masked(mask, kernel), new ConvImage(9, 9, 4), 4).Parts.Single().Taps.Count;
        Assert.That(Taps(ConvMask.A, 7), Is.EqualTo(24));
        Assert.That(Taps(ConvMask.B, 7), Is.EqualTo(25));
        Assert.That(Taps(ConvMask.B, 3), Is.EqualTo(5));
        Assert.That(Taps(ConvMask.B, 5), Is.EqualTo(13));
        var colours = ConvPlan.Create(ConvSpec.Masked(ConvMask.A, 1, colours: 3), new ConvImage(4, 4, 6), 9);
        Assert.That(colours.Parts.Select(part => part.K), Is.EqualTo(new[] { 0, 2, 4 }), "red sees nothing, green red, blue red and green");
    }

    [TestCase(5, 1, 0, 3, "the kernel spans 5x5, more than the padded input 3x3")]
    [TestCase(3, 1, 0, 0, "every extent must be positive")]
    [TestCase(3, 0, 0, 4, "strides must be positive, not 0x0")]
    [TestCase(3, 1, -3, 6, "more than the padded input 0x0")]
    public void Impossible_geometry_is_refused_with_its_values(int kernel, int stride, int padding, int side, string why)
    {
        var refused = Assert.Throws<EngineException>(() => ConvPlan.Create(ConvSpec.Square(kernel, stride, padding), new ConvImage(side, side, 2), 3));
        Assert.That(refused!.Message, Does.StartWith("convolution ").And.Contains(why));
    }

    [Test]
    public void Masks_and_transposes_refuse_what_they_cannot_do()
    {
        var image = new ConvImage(8, 8, 4);
        Refused(() => ConvPlan.Create(ConvSpec.Masked(ConvMask.A, 3, colours: 3), image, 6), "4 input channels cannot be cut into 3 colours");
        Refused(() => ConvPlan.Create(ConvSpec.Masked(ConvMask.B, 3, colours: 2), image, 5), "5 output channels cannot be cut into 2 colours");
        Refused(() => ConvPlan.Create(ConvSpec.Masked(ConvMask.B, 3, outputHalves: 2), image, 5), "5 output channels cannot be cut into 1 colours in two halves");
        Refused(() => ConvPlan.Create(ConvSpec.Masked(ConvMask.B, 4), image, 4), "odd kernels, not 4x4");
        Refused(() => ConvPlan.Create(ConvSpec.Square(3) with { Colours = 2 }, image, 4), "colours and halves belong to a mask");
        Refused(() => ConvPlan.CreateTransposed(ConvSpec.Square(4, 2, 1), image, 4, outputPadY: 2), "output padding 2x0 must be below the stride 2x2");
        Refused(() => ConvPlan.CreateTransposed(ConvSpec.Square(1, 1, 4), image, 4), "nothing is left of the result: it would be 0x0");
        Refused(() => ConvPlan.CreateTransposed(ConvSpec.Masked(ConvMask.A, 3), image, 4), "a transposed convolution has no mask");
    }

    private static void Refused(Action create, string why) => Assert.That(Assert.Throws<EngineException>(create)!.Message, Does.Contain(why));
}
