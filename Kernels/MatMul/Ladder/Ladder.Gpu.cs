using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>Launches the rungs: one block a tile of C, in a linear grid.</summary>
public sealed class LadderGpu : IGpuKernelFamily
{
    // rung by rung: side of a block's tile (0: 256 outputs in a row), threads, the variant for any rows, the one for rows of whole quads
    private static readonly Rung[] Rungs =
    [
        new(0, 256, Variant("MatMul/Ladder/ladder_1_naive.cu", "ladder_naive")),
        new(16, 256, Variant("MatMul/Ladder/ladder_2_shared.cu", "ladder_shared")),
        new(64, 256, Variant("MatMul/Ladder/ladder_3_registers.cu", "ladder_registers")),
        new(64, 256, Variant("MatMul/Ladder/ladder_4_vectors.cu", "ladder_vectors", "QUADS=0"), Variant("MatMul/Ladder/ladder_4_vectors.cu", "ladder_vectors", "QUADS=1")),
        new(64, 256, Sm80("MatMul/Ladder/ladder_5_pipelined.cu", "ladder_pipelined", 0), Sm80("MatMul/Ladder/ladder_5_pipelined.cu", "ladder_pipelined", 1)),
        new(64, 128, Sm80("MatMul/Ladder/ladder_6_tensor.cu", "ladder_tensor", 0), Sm80("MatMul/Ladder/ladder_6_tensor.cu", "ladder_tensor", 1)),
    ];

    public static IEnumerable<GpuKernel> Variants => Rungs.SelectMany(rung => new[] { rung.Any, rung.Quads }).OfType<GpuKernel>();

    internal static void Launch(GpuDevice device, int number, ref LadderArgs args, ReadOnlySpan<Access> accesses)
    {
        var rung = Rungs[number - 1];
        long side = Math.Max(1, rung.Tile);
        long blocks = rung.Tile == 0 ? (args.M * args.N + rung.Threads - 1) / rung.Threads : (args.M + side - 1) / side * ((args.N + side - 1) / side);
        bool quads = (args.N | args.K) % 4 == 0 && (args.A | args.B | args.C) % 16 == 0;
        var kernel = quads && rung.Quads is { } whole ? whole : rung.Any;
        if (device.Driver.Arch < kernel.MinArch)
            throw new EngineException($"Rung {number} of the ladder needs compute capability {kernel.MinArch / 10}.{kernel.MinArch % 10}; {device.Description} has less.");
        device.Launch(kernel, LaunchShape.Linear(blocks, rung.Threads), ref args, accesses);
    }

    private static GpuKernel Variant(string file, string entry, params string[] defines) => new(file, entry, typeof(LadderArgs), defines);

    private static GpuKernel Sm80(string file, string entry, int quads) =>
        new(file, entry, typeof(LadderArgs), $"QUADS={quads}") { MinArch = 80, FollowsSummationLaw = entry != "ladder_tensor" };

    private sealed record Rung(int Tile, int Threads, GpuKernel Any, GpuKernel? Quads = null);
}
