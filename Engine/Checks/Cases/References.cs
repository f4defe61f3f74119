using GenEngine.Kernels.Common;

namespace GenEngine.Checks.Cases;

/// <summary>Scalar float64 formulas that references share, from the standard library and not from the engine.</summary>
internal static class References
{
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static double Softplus(double x) => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x)));

    /// <summary>log(1+x) without loss for small x (Kahan).</summary>
    public static double LogOnePlus(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }

    public static double Activate(Activation activation, double x, double slope) => activation switch
    {
        Activation.Relu => Math.Max(x, 0),
        Activation.LeakyRelu => x > 0 ? x : slope * x,
        Activation.Elu => x > 0 ? x : slope * (Math.Exp(x) - 1),
        Activation.Tanh => Math.Tanh(x),
        Activation.Sigmoid => Sigmoid(x),
        Activation.Softplus => Softplus(x),
        _ => x,
    };

    public static double[] Map(double[] x, Func<double, double> f) => Array.ConvertAll(x, value => f(value));

    /// <summary>One value a row.</summary>
    public static double[] PerRow(int rows, Func<int, double> f) => [.. Enumerable.Range(0, rows).Select(f)];
}
