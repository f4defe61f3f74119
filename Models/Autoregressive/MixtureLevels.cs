namespace GenEngine.Models;

/// <summary>What a discretised logistic mixture (Salimans et al. 2017) says of one channel of a pixel, level by level: in float64 on the host, for pictures. The layout of parameters is LogisticMixture's.</summary>
public static class MixtureLevels
{
    private const int Levels = 256;

    /// <summary>The probabilities of the 256 levels of the channel that follows those given.</summary>
    /// <param name="parameters">Of the pixel: 3 values a component for grey, 10 for colour.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="before">Levels of the channels before it: none to channels - 1.</param>
    public static float[] Probabilities(ReadOnlySpan<float> parameters, int channels, ReadOnlySpan<int> before)
    {
        int components = parameters.Length / (channels == 1 ? 3 : 10);
        var weights = new double[components];
        double largest = double.NegativeInfinity, all = 0;
        for (int k = 0; k < components; k++)
        {
            weights[k] = parameters[k];
            for (int c = 0; c < before.Length; c++) weights[k] += Math.Log(Bin(parameters, components, channels, k, c, before, before[c]));
            largest = Math.Max(largest, weights[k]);
        }

        for (int k = 0; k < components; k++) all += weights[k] = Math.Exp(weights[k] - largest);
        var levels = new float[Levels];
        for (int level = 0; level < Levels; level++)
        {
            double sum = 0;
            for (int k = 0; k < components; k++) sum += weights[k] / all * Bin(parameters, components, channels, k, before.Length, before, level);
            levels[level] = (float)sum;
        }

        return levels;
    }

    /// <summary>What component k gives a level of a channel, the channels before it known.</summary>
    private static double Bin(ReadOnlySpan<float> parameters, int components, int channels, int k, int channel, ReadOnlySpan<int> before, int level)
    {
        int share = channels == 1 ? 2 : 3, at = ((1 + (share * channel)) * components) + k;
        double mean = parameters[at], scale = Math.Exp(Math.Clamp(parameters[at + components], -7, 60)), x = Value(level);
        if (channel == 1) mean += Math.Tanh(parameters[(3 * components) + k]) * Value(before[0]);
        if (channel == 2) mean += (Math.Tanh(parameters[(6 * components) + k]) * Value(before[0])) + (Math.Tanh(parameters[(9 * components) + k]) * Value(before[1]));
        double below = (x - (1.0 / 255) - mean) / scale, above = (x + (1.0 / 255) - mean) / scale;
        double p = level == 0 ? Sigmoid(above) : level == Levels - 1 ? Sigmoid(-below) : below > 0 ? Sigmoid(-below) - Sigmoid(-above) : Sigmoid(above) - Sigmoid(below);
        return Math.Max(p, double.Epsilon);
    }

    private static double Value(int level) => (2.0 * level / (Levels - 1)) - 1;

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
