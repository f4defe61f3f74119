using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>Every rung of the ladder against the engine's own product: the same bits, or for the tensor cores a tolerance.</summary>
[Parallelizable]
public sealed class LadderTests
{
    private static readonly (int M, int N, int K)[] Shapes =
        [(1, 1, 1), (3, 5, 1), (64, 64, 16), (65, 63, 17), (5, 130, 33), (130, 3, 64), (67, 68, 4), (16, 72, 20), (1, 64, 65), (64, 1, 5), (128, 128, 32)];

    private static IEnumerable<int> Rungs => Ladder.Rungs.Select(rung => rung.Number);

    [Test]
    public void ARungGivesTheBitsOfMatMul([EachDevice] TestDevice target, [ValueSource(nameof(Rungs))] int rung)
    {
        var device = target.Open();
        var cpu = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1);
        foreach (var (m, n, k) in Shapes)
        {
            float[] a = Values(m * k, 1), b = Values(k * n, 2);
            float[] actual = Run(device, a, b, m * n, (x, y, z) => Ladder.Run(device, rung, m, n, k, x, y, z));
            float[] expected = Run(cpu, a, b, m * n, (x, y, z) => GenEngine.Kernels.MatMul.MatMul.Run(cpu, DType.Float32, MatMulOp.NN, new MatMulShape(1, m, n, k), x, y, null, z));
            for (int i = 0; i < expected.Length; i++)
            {
                string what = $"rung {rung}, {m}x{n}x{k}, output {i}";
                if (Ladder.Rungs[rung - 1].FollowsSummationLaw || device.Kind == DeviceKind.Cpu)
                    Assert.That(BitConverter.SingleToInt32Bits(actual[i]), Is.EqualTo(BitConverter.SingleToInt32Bits(expected[i])), what);
                else
                    Assert.That(actual[i], Is.EqualTo(expected[i]).Within(Tolerance(a, b, i / n, i % n, n, k)), what);
            }
        }
    }

    /// <summary>Where K ends inside a step, tiles are filled up, and a chain that stands at -0 must stay there.</summary>
    [Test]
    public void NegativeZeroSurvives([EachDevice] TestDevice target)
    {
        var device = target.Open();
        float[] tiny = [.. Enumerable.Repeat(1e-30f, 20)], negative = [.. tiny.Select(value => -value)];
        foreach (var rung in Ladder.Rungs.Where(rung => rung.FollowsSummationLaw))
        {
            float[] result = Run(device, tiny, negative, 16, (a, b, c) => Ladder.Run(device, rung.Number, 4, 4, 5, a, b, c));
            Assert.That(result, Is.All.Matches<float>(value => BitConverter.SingleToUInt32Bits(value) == 0x80000000), rung.Name);
        }
    }

    [Test]
    public void BadInputIsRefusedWithTheValues()
    {
        var cpu = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1);
        using var memory = cpu.Allocate(64, "values");
        Assert.That(() => Ladder.Run(cpu, 7, 2, 2, 2, memory.All, memory.All, memory.All), Throws.TypeOf<EngineException>().With.Message.Contains("rungs 1 to 6, not 7"));
        Assert.That(() => Ladder.Run(cpu, 1, 2, 0, 2, memory.All, memory.All, memory.All), Throws.TypeOf<EngineException>().With.Message.Contains("B 2x0: every extent"));
        Assert.That(() => Ladder.Run(cpu, 1, 2, 2, 2, memory.Range(0, 16), memory.All, memory.All),
            Throws.TypeOf<EngineException>().With.Message.Contains("B needs 4 floats").And.Message.Contains("64 bytes"));
    }

    // operands rounded to 11 significant bits each, so a product is off by 2^-11 + 2^-11 of itself at most
    private static double Tolerance(float[] a, float[] b, int m, int n, int columns, int k)
    {
        double magnitude = 0;
        for (int i = 0; i < k; i++) magnitude += Math.Abs((double)a[(m * k) + i] * b[(i * columns) + n]);
        return magnitude * Math.ScaleB(1.01, -10);
    }

    private static float[] Run(Device device, float[] a, float[] b, int outputs, Action<BufferRange, BufferRange, BufferRange> product)
    {
        using var x = device.Allocate(a.Length * sizeof(float), "A");
        using var y = device.Allocate(b.Length * sizeof(float), "B");
        using var z = device.Allocate(outputs * sizeof(float), "C");
        device.Upload<float>(a, x.All);
        device.Upload<float>(b, y.All);
        product(x.All, y.All, z.All);
        var result = new float[outputs];
        device.Download<float>(z.All, result);
        return result;
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }
}
