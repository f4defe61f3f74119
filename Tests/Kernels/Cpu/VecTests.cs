using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cpu;

/// <summary>Every vector operation, on every width, gives lane by lane the bits of its scalar definition.</summary>
[TestFixture]
[Parallelizable]
public sealed unsafe class VecTests
{
    private static readonly double[] Special =
    [
        0.0, -0.0, 1, -1, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 3, 0.1, -0.1, 1e-3, 16777217, 8388607.5, -8388607.5, 4503599627370495.5, 4503599627370496.5,
        double.NaN, -double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue,
        float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, 1.17549435e-38, 1.1e-38, -1.1e-38, 2.2250738585072014e-308, 1.1e-308, 1e-45, 1e30, -1e30, 1e-30,
    ];

    [Test]
    public void Float512() => CheckAll<V512F, float>(CpuIsa.Avx512, FloatDefinition);

    [Test]
    public void Double512() => CheckAll<V512D, double>(CpuIsa.Avx512, DoubleDefinition);

    [Test]
    public void Float256() => CheckAll<V256F, float>(CpuIsa.Avx2, FloatDefinition);

    [Test]
    public void Double256() => CheckAll<V256D, double>(CpuIsa.Avx2, DoubleDefinition);

    [Test]
    public void Float128() => CheckAll<V128F, float>(CpuIsa.Portable, FloatDefinition);

    [Test]
    public void Double128() => CheckAll<V128D, double>(CpuIsa.Portable, DoubleDefinition);

    [Test]
    public void FloatOneLane() => CheckAll<V1F, float>(CpuIsa.Portable, FloatDefinition);

    [Test]
    public void DoubleOneLane() => CheckAll<V1D, double>(CpuIsa.Portable, DoubleDefinition);

    [Test]
    public void FmaRoundsOnce()
    {
        float x = 1 + MathF.ScaleB(1, -12); // x * x = 1 + 2^-11 + 2^-24: its last bit is lost unless the sum takes the exact product
        float* p = stackalloc float[16];
        V128F.Store(V128F.Fma(V128F.Create(x), V128F.Create(x), V128F.Create(-1 - MathF.ScaleB(1, -11))), p);
        Assert.That(p[3], Is.EqualTo(MathF.ScaleB(1, -24)));
    }

    /// <summary>The definition of every operation in plain C#: (a, b, c) to all results, in the order of <see cref="Apply"/>.</summary>
    private static float[] FloatDefinition(float a, float b, float c) =>
    [
        a + b, a - b, a * b, a / b, MathF.FusedMultiplyAdd(a, b, c), MathF.Sqrt(a), MathF.Abs(a), -a, a > b ? a : b, a < b ? a : b,
        a > b ? c : a, a == b ? c : a, MathF.Round(a, MidpointRounding.ToEven), MathF.Floor(a), MathF.ScaleB(1, SmallInteger(c, 126)),
        Mantissa(Normal(c)), MathF.ILogB(Normal(c)),
    ];

    private static double[] DoubleDefinition(double a, double b, double c) =>
    [
        a + b, a - b, a * b, a / b, Math.FusedMultiplyAdd(a, b, c), Math.Sqrt(a), Math.Abs(a), -a, a > b ? a : b, a < b ? a : b,
        a > b ? c : a, a == b ? c : a, Math.Round(a, MidpointRounding.ToEven), Math.Floor(a), Math.ScaleB(1, SmallInteger(c, 1022)),
        Mantissa(Normal(c)), Math.ILogB(Normal(c)),
    ];

    private static readonly string[] Names =
        ["Add", "Sub", "Mul", "Div", "Fma", "Sqrt", "Abs", "Neg", "Max", "Min", "SelectGreater", "SelectEqual", "Round", "Floor", "Pow2", "Mantissa", "Exponent"];

    // optimised from the first call: what kernels run is what is tested
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<V, T>(T* a, T* b, T* c, T* powers, T* normals, T* results)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V x = V.Load(a), y = V.Load(b), z = V.Load(c);
        V.Split(V.Load(normals), out var mantissa, out var exponent);
        ReadOnlySpan<V> all =
        [
            V.Add(x, y), V.Sub(x, y), V.Mul(x, y), V.Div(x, y), V.Fma(x, y, z), V.Sqrt(x), V.Abs(x), V.Neg(x), V.Max(x, y), V.Min(x, y),
            V.SelectGreater(x, y, z, x), V.SelectEqual(x, y, z, x), V.Round(x), V.Floor(x), V.Pow2(V.Load(powers)), mantissa, exponent,
        ];
        for (int i = 0; i < all.Length; i++) V.Store(all[i], results + i * V.Count);
    }

    private static void CheckAll<V, T>(CpuIsa isa, Func<T, T, T, T[]> definition)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!isa.IsSupported()) Assert.Ignore($"This processor has no {isa.Name()}.");
        var values = Special.Select(T.CreateTruncating).ToArray();
        var random = new Random(7);
        T Next() => random.Next(3) == 0
            ? values[random.Next(values.Length)]
            : T.CreateTruncating(random.NextDouble() * 2 - 1) * T.ScaleB(T.One, random.Next(-40, 40));

        T* a = stackalloc T[16], b = stackalloc T[16], c = stackalloc T[16], powers = stackalloc T[16], normals = stackalloc T[16];
        T* results = stackalloc T[16 * 17];
        int limit = sizeof(T) == 4 ? 126 : 1022;
        for (int round = 0; round < 4000; round++)
        {
            for (int i = 0; i < V.Count; i++)
            {
                (a[i], b[i], c[i]) = (Next(), Next(), Next());
                if (random.Next(8) == 0) b[i] = a[i];
                powers[i] = T.CreateChecked(SmallInteger(c[i], limit));
                normals[i] = Normal(c[i]);
            }

            Apply<V, T>(a, b, c, powers, normals, results);
            for (int i = 0; i < V.Count; i++)
            {
                var expected = definition(a[i], b[i], c[i]);
                for (int op = 0; op < Names.Length; op++)
                {
                    T actual = results[op * V.Count + i];
                    // which NaN an operation makes is the processor's choice; that it is one is not
                    bool arithmetic = op < 6 || Names[op] is "Round" or "Floor";
                    if (!Same(actual, expected[op]) && !(arithmetic && T.IsNaN(actual) && T.IsNaN(expected[op])))
                        Assert.Fail($"{typeof(V).Name}.{Names[op]}, lane {i}: ({a[i]}, {b[i]}, {c[i]}) gives {actual}, not {expected[op]}.");
                }
            }
        }
    }

    [Test]
    public void LoadBytesConvertsEveryLaneAndReadsNoMore()
    {
        CheckBytes<V1F, float>(CpuIsa.Portable);
        CheckBytes<V1D, double>(CpuIsa.Portable);
        CheckBytes<V128F, float>(CpuIsa.Portable);
        CheckBytes<V128D, double>(CpuIsa.Portable);
        CheckBytes<V256F, float>(CpuIsa.Avx2);
        CheckBytes<V256D, double>(CpuIsa.Avx2);
        CheckBytes<V512F, float>(CpuIsa.Avx512);
        CheckBytes<V512D, double>(CpuIsa.Avx512);
    }

    private static void CheckBytes<V, T>(CpuIsa isa)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!isa.IsSupported()) return;
        T* loaded = stackalloc T[16];
        byte* bytes = stackalloc byte[16];
        for (int first = 0; first < 256; first++)
        {
            for (int i = 0; i < V.Count; i++) bytes[i] = (byte)(first + 37 * i);
            V.Store(V.LoadBytes(bytes), loaded);
            for (int i = 0; i < V.Count; i++) Assert.That(loaded[i], Is.EqualTo(T.CreateChecked(bytes[i])));
        }
    }

    [Test]
    public void NonTemporalStoresArriveWhole()
    {
        var memory = (float*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc(4096, 64);
        for (int i = 0; i < 1024; i += V128F.Count) V128F.StoreNonTemporal(V128F.Create(i), memory + i);
        V128F.StoreFence();
        for (int i = 0; i < 1024; i++) Assert.That(memory[i], Is.EqualTo((float)(i / V128F.Count * V128F.Count)));
        System.Runtime.InteropServices.NativeMemory.AlignedFree(memory);
    }

    private static bool Same<T>(T a, T b) where T : unmanaged =>
        sizeof(T) == 4 ? Unsafe.BitCast<T, int>(a) == Unsafe.BitCast<T, int>(b) : Unsafe.BitCast<T, long>(a) == Unsafe.BitCast<T, long>(b);

    /// <summary>An integer from -limit to limit made from x.</summary>
    private static int SmallInteger<T>(T x, int limit) where T : IFloatingPointIeee754<T> =>
        T.IsFinite(x) ? (int)(Math.Abs(double.CreateTruncating(x)) % (2 * limit + 1)) - limit : 0;

    /// <summary>A positive normal number made from x.</summary>
    private static T Normal<T>(T x) where T : IFloatingPointIeee754<T> => T.IsNormal(x) ? T.Abs(x) : T.One;

    private static T Mantissa<T>(T x) where T : IFloatingPointIeee754<T> => T.ScaleB(x, -T.ILogB(x));
}
