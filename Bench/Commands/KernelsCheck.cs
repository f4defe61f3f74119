using System.CommandLine;
using System.CommandLine.Parsing;
using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Text;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>
/// kernels check: every op case, forward and backward, float and double, on the emulator's checked build in three orders; products once more in each
/// precision of the tensor cores. What the accesses would cost a GPU is held against the kernel files' limits.
/// </summary>
internal static class KernelsCheck
{
    public static ConsoleCommand Create()
    {
        var op = new Argument<string?>("op") { Arity = ArgumentArity.ZeroOrOne, Description = "Only op cases whose name contains this; all when not given." };
        op.Validators.Add(RefuseUnknownOp);
        var command = new ConsoleCommand(
            "check", "Run the kernels on the CPU under the checker: races, stray accesses, uninitialised reads, outputs never or twice written; compare values with the reference; count bank conflicts and sectors.")
        {
            Examples = [("kernels check", "all op cases"), ("kernels check matmul", "some of them")],
        };
        command.Arguments.Add(op);
        command.OnRun(session => Run(session, session.Get(op)));
        return command;
    }

    /// <summary>A validator: some op case must have the text in its name.</summary>
    internal static void RefuseUnknownOp(SymbolResult result)
    {
        if (result.Tokens.Count > 0 && !OpCases.Matching(result.Tokens[0].Value).Any())
            result.AddError(NearestName.Unknown("op", result.Tokens[0].Value, OpCases.All.Select(test => test.Op).Distinct()));
    }

    private static int Run(Session session, string? op)
    {
        using var device = (GpuDevice)DeviceFactory.Open(DeviceKind.Simt, check: true);
        session.Error.WriteLine(device.Description);
        OpCase[] cases = [.. op is null ? OpCases.All : OpCases.Matching(op)];
        var costs = new AccessCosts();
        string[] reduced = [.. KernelCatalog.Variants.Where(kernel => !kernel.FollowsSummationLaw).Select(kernel => FolderOf(kernel.File)).Distinct()];
        int passed = 0, faults = 0, wrong = 0;
        foreach (var test in cases)
        {
            if (session.Stop.IsCancellationRequested) break;
            try
            {
                var report = OpCaseRunner.CheckValue(test, device);
                if (test.Differentiable)
                {
                    foreach (var real in (DType[])[DType.Float32, DType.Float64]) OpCaseRunner.ForwardAndBackward(test, device, real);
                }

                if (costs.Take((SimtDriver)device.Driver).Select(FolderOf).Intersect(reduced).Any()) InReducedPrecision(test, device);
                if (report.Passed) passed++;
                else wrong++;
                if (!report.Passed || session.Verbose) session.Out.WriteLine(Invariant($"{(report.Passed ? "ok   " : "WRONG")} {test.Name}: {report.WorstUlps:F1} of {report.AllowedUlps} ulps {report.Where}"));
            }
            catch (EngineException exception)
            {
                faults++;
                device.Precision = Precision.Float32;
                session.Out.WriteLine($"FAULT {test.Name}: {exception.Message}");
            }
        }

        costs.Take((SimtDriver)device.Driver);
        int beyond = costs.Print(session);
        int variants = KernelCatalog.Variants.Count();
        session.Out.WriteLine(Invariant($"{passed + faults + wrong} of {cases.Length} op cases: {passed} passed, {wrong} wrong, {faults} faults; {device.LoadedKernels.Count} of {variants} kernel variants ran; {beyond} kernels beyond their limits."));
        return faults + wrong + beyond > 0 || cases.Length == 0 ? ExitCode.Failed : ExitCode.Done;
    }

    /// <summary>Faults only: the values have tests of their own, with tolerances that op cases do not know.</summary>
    private static void InReducedPrecision(OpCase test, GpuDevice device)
    {
        foreach (var precision in Precisions.OfTensorCores)
        {
            device.Precision = precision;
            if (test.Differentiable) OpCaseRunner.ForwardAndBackward(test, device, DType.Float32);
            else OpCaseRunner.Forward(test, device, DType.Float32);
        }

        device.Precision = Precision.Float32;
    }

    private static string FolderOf(string file) => file.Split('/')[0];
}
