using System.CommandLine;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels.MatMul;

namespace GenEngine.Bench.Commands;

/// <summary>bench gemm: one matrix product of any shape, on any device, in this process.</summary>
internal static class BenchGemm
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("gemm", "Time a matrix product C[m,n] = A[m,k] B[k,n] in this process: median, GFLOP/s, share of the roof.")
        {
            Examples =
            [
                ("bench gemm --m 128 --n 784 --k 400", "a layer of the dense VAE"),
                ("bench gemm --m 64 --n 64 --k 65536 --op tn", "a weight gradient"),
                ("bench gemm --m 256 --device simt --profile trace.json", "the CUDA kernel on the emulator, and its launches"),
            ],
        };
        Option<int> m = Options.Number("--m", "Rows of C.", 1, 1024), n = Options.Number("--n", "Columns of C.", 1, 1024), k = Options.Number("--k", "Terms of each sum.", 1, 1024);
        var op = Options.OneOf("--op", "nn: as written; nt: B is stored n x k; tn: A is stored k x m", "nn", "nt", "tn");
        var batch = Options.Number("--batch", "Products of this shape in one launch.", 1, 1);
        foreach (Option option in (Option[])[m, n, k, op, batch]) command.Options.Add(option);
        var bench = new ShapeBench(command);
        command.OnRun(session =>
        {
            var form = Enum.Parse<MatMulOp>(session.Get(op)!, ignoreCase: true);
            var shape = new MatMulShape(session.Get(batch), session.Get(m), session.Get(n), session.Get(k));
            return bench.Run(session, (device, real) => new GemmShape(device, real, form, shape));
        });
        return command;
    }
}
