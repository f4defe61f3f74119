using System.Text;
using GenEngine.Kernels.Common;

namespace GenEngine;

/// <summary>What the random numbers of an initial weight depend on: never the device, never the order of construction.</summary>
public readonly record struct InitializerKey(ulong Seed, string Group, string Parameter)
{
    /// <summary>Stream number: FNV-1a of the names.</summary>
    public uint Stream
    {
        get
        {
            uint hash = 2166136261;
            foreach (byte b in Encoding.UTF8.GetBytes($"{Group}.{Parameter}")) hash = (hash ^ b) * 16777619;
            return hash;
        }
    }
}

/// <summary>Initial values of a parameter, made on the host.</summary>
public abstract class Initializer
{
    /// <summary>Every element 0.</summary>
    public static Initializer Zeros { get; } = new ConstantInitializer(0);

    /// <summary>Every element the same; the key changes nothing.</summary>
    public static Initializer Constant(double value) => new ConstantInitializer(value);

    /// <summary>Uniform in [-bound, bound).</summary>
    public static Initializer Uniform(double bound) => new UniformInitializer(bound);

    /// <summary>Uniform within 1/sqrt(fanIn): PyTorch's default for the weights and the biases of linear layers.</summary>
    public static Initializer FanIn(int fanIn) => new UniformInitializer(1 / Math.Sqrt(fanIn));

    /// <summary>Glorot and Bengio 2010, eq. 16: uniform within sqrt(6 / (fanIn + fanOut)).</summary>
    public static Initializer Glorot(int fanIn, int fanOut) => new UniformInitializer(Math.Sqrt(6.0 / (fanIn + fanOut)));

    /// <summary>Normal with mean 0.</summary>
    public static Initializer Normal(double deviation) => new NormalInitializer(deviation);

    /// <summary>He et al. 2015, eq. 10: normal with deviation sqrt(2 / fanIn), for ReLU.</summary>
    public static Initializer He(int fanIn) => new NormalInitializer(Math.Sqrt(2.0 / fanIn));

    /// <summary>The values of all elements, row-major, <c>shape.Count</c> of them. They depend on the shape and the key alone.</summary>
    /// <param name="shape">Extents of the parameter.</param>
    /// <param name="key">Whose values they are: seed, group and name.</param>
    public abstract double[] Values(Shape shape, InitializerKey key);

    private sealed class ConstantInitializer(double value) : Initializer
    {
        public override double[] Values(Shape shape, InitializerKey key)
        {
            var values = new double[shape.Count];
            Array.Fill(values, value);
            return values;
        }
    }

    private sealed class UniformInitializer(double bound) : Initializer
    {
        public override double[] Values(Shape shape, InitializerKey key)
        {
            var stream = new PhiloxStream(key.Seed, InitOffset, key.Stream);
            var values = new double[shape.Count];
            for (int i = 0; i < values.Length; i += 4)
            {
                var words = stream.Words((uint)(i >> 2));
                int end = Math.Min(4, values.Length - i);
                for (int j = 0; j < end; j++) values[i + j] = (2 * PhiloxStream.Uniform(words[j]) - 1) * bound;
            }

            return values;
        }
    }

    private sealed class NormalInitializer(double deviation) : Initializer
    {
        public override double[] Values(Shape shape, InitializerKey key)
        {
            var values = new double[shape.Count];
            for (long i = 0; i < values.Length; i++)
            {
                // Box-Muller on two draws of its own stream pair; 1-u keeps the logarithm finite
                double u = 1 - Draw(key, 2 * i), v = Draw(key, 2 * i + 1);
                values[i] = deviation * Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
            }

            return values;
        }
    }

    /// <summary>The index-th uniform number of a key's stream, in [0, 1).</summary>
    private static double Draw(InitializerKey key, long index) => new PhiloxStream(key.Seed, InitOffset, key.Stream).Uniform(index);

    // far from the offsets that training steps count up from
    private const ulong InitOffset = ulong.MaxValue;
}
