using NUnit.Framework;

namespace GenEngine.Tests.Kernels;

/// <summary>Kernel-level gradients in float64 against central differences.</summary>
internal static class GradientCheck
{
    /// <param name="loss">The scalar as a function of all entries of x.</param>
    /// <param name="x">Where; restored after.</param>
    /// <param name="gradient">d loss / d x as the backward kernel gives it.</param>
    public static void Check(Func<double[], double> loss, double[] x, double[] gradient, string what)
    {
        const double Step = 1e-5;
        double largest = gradient.Max(Math.Abs);
        for (int i = 0; i < x.Length; i++)
        {
            double at = x[i];
            x[i] = at + Step;
            double up = loss(x);
            x[i] = at - Step;
            double down = loss(x);
            x[i] = at;
            double numeric = (up - down) / (2 * Step);
            Assert.That(gradient[i], Is.EqualTo(numeric).Within(1e-6 * Math.Max(largest, 1e-3)), $"{what}: entry {i}");
        }
    }
}
