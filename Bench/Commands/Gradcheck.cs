using System.CommandLine;
using System.Globalization;
using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Text;

namespace GenEngine.Bench.Commands;

/// <summary>gradcheck [OP|MODEL]: gradients against central differences in float64, through the code that trains.</summary>
internal static class Gradcheck
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("gradcheck")
        {
            Examples = [("gradcheck", "every op and every model"), ("gradcheck Linear", "one op"), ("gradcheck vae --device simt", "one model, through its CUDA kernels on the emulator")],
        };
        var subject = new Argument<string?>("op or model") { Description = "One op (a method of Ops) or one model; all when not given.", Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(subject);
        var device = new DeviceOptions(command);
        command.OnRun(session =>
        {
            using var opened = device.Open(session);
            return Run(session, opened, session.Get(subject));
        });
        return command;
    }

    private static int Run(Session session, Device device, string? subject)
    {
        var ops = OpCases.All.Where(test => test.Differentiable && (subject is null || test.Op.Equals(subject, StringComparison.OrdinalIgnoreCase))).ToList();
        var models = Zoo.Descriptions.Where(entry => subject is null || entry.Name == subject).ToList();
        if (ops.Count + models.Count == 0)
            throw new UsageException(NearestName.Unknown("op or model", subject!, OpCases.All.Select(test => test.Op).Distinct().Concat(Zoo.Names)));
        int failed = 0;
        int all = 0;
        foreach (var report in ops.Select(test => OpCaseRunner.CheckGradient(test, device)).Concat(models.SelectMany(entry => ModelCheck.Gradients(entry, device))))
        {
            session.Stop.ThrowIfCancellationRequested();
            all++;
            if (!report.Passed) failed++;
            session.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(report.Passed ? "ok  " : "FAIL")} {report.Name,-44} worst error {report.WorstError:E1} at {report.Where}"));
        }

        session.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all - failed} passed, {failed} failed (|analytic - numeric| <= {GradientCheck.Tolerance:E0} max(|g|, 1e-3), float64, {device.Kind.Name()})"));
        return failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }
}
