using GenEngine.Bench.Shapes;
using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Reduction;
using GenEngine.Kernels.Sampling;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Proofs;

/// <summary>Draws by incremental samplers of small networks, whose programs have every kind of instruction between them; and the draws and maxima that no tensor operation takes.</summary>
internal sealed class SamplerProofs : IKernelProofSource
{
    public IEnumerable<KernelProof> Proofs
    {
        get
        {
            foreach (string name in (string[])["gated-pixelcnn", "row-lstm", "diagonal-bilstm"])
            {
                foreach (string loss in (string[])["bernoulli", "mixture"])
                    yield return new KernelProof($"Columns of {name}, {loss}", device =>
                    {
                        using var context = new Context(device, seed: 5);
                        using var model = (PixelModel)Zoo.Find(name).Build(context, new DataShape(5, 4, 1, 0), new ModelOptions { Width = 5, Layers = 2, Loss = loss });
                        return [Array.ConvertAll(PixelRuns.Levels(model, 2, null), level => (double)level)];
                    });
            }

            foreach (int images in (int[])[1, 2, 4, 8])
            {
                yield return WaveNet($"{images} a block", new ForcedColumns(images, null));
                foreach (var kind in Enum.GetValues<TeamKind>())
                {
                    var forced = new ForcedColumns(null, (kind, images));
                    yield return WaveNet($"{images} a team of a {kind}", forced);
                    yield return Team(kind, images, forced);
                }
            }

            foreach (var real in IKernelProofSource.Reals)
            {
                yield return new KernelProof($"RandomFill Bernoulli of {real.CName()}", device =>
                {
                    using var memory = new ProofMemory(device);
                    var y = memory.Room(real, 77);
                    RandomFill.Run(device, real, Distribution.Bernoulli, y, 77, memory.Of(new RandomState(3, 4)), stream: 2, p0: 0.3);
                    return [memory.Read(real, y)];
                });
                foreach (var axis in Enum.GetValues<ReduceAxis>())
                    yield return Maximum(real, axis);
            }
        }
    }

    /// <summary>Five streams, so that a block's or a team's last ones may be missing.</summary>
    private static KernelProof WaveNet(string how, ForcedColumns forced) => new(FormattableString.Invariant($"Columns of wavenet, {how}"), device =>
    {
        const int Batch = 5;
        int length = forced.Team is null ? 20 : 7; // a team's thousands of lanes take the emulator long
        using var context = new Context(device, seed: 5);
        using var group = new ParameterGroup(context, "wavenet");
        var options = new WaveNetOptions { Codes = 11, Stacks = 1, Layers = 3, Residual = 6, Skip = 9 };
        using var kernel = forced.Take();
        using var sampler = new ColumnSampler(context, Program(context, new WaveNetNetwork(context, options, group), options.Codes, Batch, length));
        int[] codes = [.. Enumerable.Range(0, Batch * length).Select(i => i % length == 0 ? 5 : -1)];
        sampler.Run(codes, seed: 2, new SamplingOptions { KeepLogits = true });
        return [Array.ConvertAll(codes, code => (double)code), Array.ConvertAll(sampler.Logits(), logit => (double)logit)];
    });

    /// <summary>With rows above, and colours one after another.</summary>
    private static KernelProof Team(TeamKind kind, int images, ForcedColumns forced) => new(FormattableString.Invariant($"Columns of gated-pixelcnn in colour, {images} a team of a {kind}"), device =>
    {
        const int Batch = 3;
        using var context = new Context(device, seed: 5);
        using var model = (PixelModel)Zoo.Find("gated-pixelcnn").Build(context, new DataShape(3, 3, 3, 0), new ModelOptions { Width = 6, Layers = 1 });
        using var kernel = forced.Take();
        return [Array.ConvertAll(PixelRuns.Levels(model, Batch, null), level => (double)level)];
    });

    /// <summary>Without the place where it was found, in two stages.</summary>
    private static KernelProof Maximum(DType real, ReduceAxis axis) => new($"Reduce Max over {axis} of {real.CName()}", device =>
    {
        const int Rows = 150, Columns = 35;
        using var memory = new ProofMemory(device);
        var (x, y) = (memory.Drawn(real, Rows * Columns), memory.Room(real, axis switch { ReduceAxis.Rows => Columns, ReduceAxis.Columns => Rows, _ => 1 }));
        Reduce.Run(device, real, ReduceOp.Max, axis, x, y, memory.Room(DType.UInt8, Math.Max(1, Reduce.WorkspaceBytes(real, axis, Rows, Columns))), Rows, Columns);
        return [memory.Read(real, y)];
    });

    private static ColumnProgram Program(Context context, WaveNetNetwork network, int codes, int batch, int length)
    {
        using var step = context.BeginStep();
        using var none = context.NoGradient();
        var builder = new ColumnBuilder(batch, 1, length, 1, codes);
        builder.Draw(network.Columns(builder, null, null), ColumnLaw.Categorical, null, ahead: 1);
        return builder.Build();
    }
}
