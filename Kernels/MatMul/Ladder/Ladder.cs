using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>One rung: the kernel below it and one idea more.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Idea">In a few words.</param>
/// <param name="GlobalWords">Words of global memory that a multiply-add costs on large matrices.</param>
/// <param name="SharedWords">Words of shared memory that a multiply-add costs.</param>
/// <param name="MinArch">Compute capability times ten that it needs.</param>
public sealed record LadderRung(int Number, string Name, string Idea, double GlobalWords, double SharedWords, int MinArch = 75)
{
    /// <summary>True when the result has the bits of <see cref="MatMul"/>.</summary>
    public bool FollowsSummationLaw => Name != "tensor";
}

/// <summary>
/// A matrix product in six kernels of growing speed, to be read one after the other and to be timed ('genengine bench ladder').
/// C[m, n] = sum over k of A[m, k] B[k, n], float32, row-major. The engine itself multiplies with <see cref="MatMul"/>.
/// </summary>
public static class Ladder
{
    /// <summary>Rung n is at index n - 1.</summary>
    public static IReadOnlyList<LadderRung> Rungs { get; } =
    [
        new(1, "naive", "a thread an output", 2, 0),
        new(2, "shared", "tiles in shared memory", 1 / 8.0, 2),
        new(3, "registers", "4 x 4 outputs a thread", 1 / 32.0, 1 / 2.0),
        new(4, "vectors", "16-byte accesses", 1 / 32.0, 1 / 2.0),
        new(5, "pipelined", "the next tiles under way", 1 / 32.0, 1 / 2.0, MinArch: 80),
        new(6, "tensor", "tensor cores, TF32", 1 / 32.0, 1 / 16.0, MinArch: 80),
    ];

    /// <summary>C = A B by one rung. On cpu every rung is MatMul's twin: rungs differ in how a GPU gets there, not in what they compute.</summary>
    /// <param name="rung">From 1 to 6.</param>
    /// <param name="a">M x K floats.</param>
    /// <param name="b">K x N floats.</param>
    /// <param name="c">M x N floats, written.</param>
    /// <exception cref="EngineException">There is no such rung, an extent is not positive, or a range does not have its matrix's size.</exception>
    public static void Run(Device device, int rung, int m, int n, int k, BufferRange a, BufferRange b, BufferRange c)
    {
        if (rung < 1 || rung > Rungs.Count) throw new EngineException($"The ladder has rungs 1 to {Rungs.Count}, not {rung}.");
        if (m <= 0 || n <= 0 || k <= 0) Refuse("every extent must be positive");
        Size("A", a, (long)m * k);
        Size("B", b, (long)k * n);
        Size("C", c, (long)m * n);
        var args = new LadderArgs { A = a.Address, B = b.Address, C = c.Address, M = m, N = n, K = k };
        ReadOnlySpan<Access> accesses = [Access.Read(a), Access.Read(b), Access.Write(c)];
        if (device is CpuDevice cpu) LadderCpu.Launch(cpu, ref args, accesses);
        else LadderGpu.Launch((GpuDevice)device, rung, ref args, accesses);

        void Size(string what, BufferRange actual, long elements)
        {
            if (actual.Bytes != elements * sizeof(float)) Refuse($"{what} needs {elements} floats, but {actual} has {actual.Bytes} bytes");
        }

        void Refuse(string why) => throw new EngineException($"Ladder, rung {rung} of A {m}x{k} and B {k}x{n}: {why}.");
    }
}

/// <summary>The argument block of every rung; mirrors LADDER_ARGS in ladder.cuh.</summary>
public struct LadderArgs : IArithmetic
{
    /// <summary>Address of A, [M, K], read.</summary>
    public ulong A;

    /// <summary>Address of B, [K, N], read.</summary>
    public ulong B;

    /// <summary>Address of C, [M, N], written.</summary>
    public ulong C;

    /// <summary>Rows of A and C.</summary>
    public long M;

    /// <summary>Columns of B and C.</summary>
    public long N;

    /// <summary>Products that each output sums.</summary>
    public long K;

    public readonly double Flops => 2.0 * M * N * K;
}
