using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Proofs;

/// <summary>
/// Runs op cases and proofs on a device and notes what that proves of the kernels they launch. Products and convolutions run once more in each precision of the tensor cores; and
/// whatever first launches a kernel in one of its forms (order of operands, type, fours or not) runs once more with each tile of it, which else only a measurement might choose.
/// </summary>
internal sealed class Prover(GpuDevice device, Device cpu, KernelRecord record)
{
    /// <returns>What is wrong; null when nothing is.</returns>
    public string? Prove(OpCase test)
    {
        string? wrong = WithEveryTile(() => (CaseProof.Run(test, device, cpu, out string? error), error));
        if (!record.HasTensorCoreTwin || device.Driver.Arch < MmaTile.MinArch) return wrong;
        foreach (var precision in Precisions.OfTensorCores)
            wrong ??= WithEveryTile(() => (CaseProof.InReducedPrecision(test, device, cpu, precision, out string? error), error));
        return wrong;
    }

    /// <returns>What is wrong; null when nothing is, or the device lacks the instructions.</returns>
    public string? Prove(KernelProof proof) => device.Driver.Arch < proof.MinArch ? null : Once(() => (CaseProof.Run(proof, device, cpu, out string? error), error));

    private string? WithEveryTile(Func<(double Ulps, string? Error)> run)
    {
        string? wrong = Once(run);
        if (!record.HasNewForm) return wrong;
        for (int tile = 0; tile < KernelCatalog.MostTiles && wrong is null; tile++)
        {
            KernelCatalog.ForceTile(tile);
            try
            {
                if (Once(run) is { } error) wrong = FormattableString.Invariant($"tile {tile}: {error}");
            }
            finally
            {
                KernelCatalog.ForceTile(null);
            }
        }

        return wrong;
    }

    private string? Once(Func<(double Ulps, string? Error)> run)
    {
        try
        {
            var (ulps, error) = run();
            record.Finish(error is null, double.IsFinite(ulps) ? ulps : null);
            return error;
        }
        catch (EngineException exception)
        {
            record.Finish(passed: false, null);
            return exception.Message;
        }
    }
}
