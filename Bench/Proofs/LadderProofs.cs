using GenEngine.Kernels;
using GenEngine.Kernels.MatMul;

namespace GenEngine.Bench.Proofs;

/// <summary>The rungs of 'bench ladder', for rows of whole quads and others.</summary>
internal sealed class LadderProofs : IKernelProofSource
{
    public IEnumerable<KernelProof> Proofs =>
        from rung in Ladder.Rungs
        from shape in (MatMulShape[])[new(1, 65, 67, 33), new(1, 68, 72, 36)]
        select new KernelProof($"Ladder {rung.Number} {rung.Name} {shape.M}x{shape.N}x{shape.K}", device =>
        {
            using var memory = new ProofMemory(device);
            var c = memory.Room(DType.Float32, shape.M * shape.N);
            Ladder.Run(device, rung.Number, shape.M, shape.N, shape.K, memory.Drawn(DType.Float32, shape.M * shape.K), memory.Drawn(DType.Float32, shape.K * shape.N, 2), c);
            return [memory.Read(DType.Float32, c)];
        })
        {
            MinArch = rung.MinArch,
            Ulps = rung.FollowsSummationLaw ? 0 : CaseProof.Tf32Ulps,
        };
}
