using System.CommandLine;
using GenEngine.Bench.UserKernels;
using GenEngine.Checks;
using GenEngine.Kernels;

namespace GenEngine.Bench.Commands;

/// <summary>kernels run FILE.cu: a user's kernel in place of the engine's: compiled, checked, compared, timed.</summary>
internal static class KernelsRun
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand(
            "run",
            "Run a kernel file of your own in place of the engine's kernel that takes the same argument struct: compile it, check it on the emulator (three orders, every access), "
            + "compare its results with the op cases' references and with the engine's kernel, and time both. It is compiled with that kernel's constants and launched with its grid and block.")
        {
            Examples =
            [
                ("kernels run docs/my_leaky_relu.cu --like LeakyRelu", "the example that comes with the sources"),
                ("kernels run my_matmul.cu --like Linear --precision float64", "in the op cases of one op, in float64"),
            ],
        };
        var file = new Argument<string>("file") { Description = "The .cu file, in the words of Common/prelude.cuh ('kernels show unary.cu' is one)." };
        var entry = new Option<string?>("--entry") { HelpName = "NAME", Description = "The KERNEL of the file; needed where it has several." };
        var like = new Option<string?>("--like") { HelpName = "OP CASE", Description = "Only the op cases whose name contains this; all that launch the engine's kernel when not given." };
        var precision = Options.Precision("float32", "float64");
        var tolerance = Options.OptionalNumber("--tolerance", "Largest error allowed, relative to the result's scale, for kernels that round more than the engine's; the op case's own when not given.", 0.0);
        command.Arguments.Add(file);
        foreach (Option option in (Option[])[entry, like, precision, tolerance]) command.Options.Add(option);
        command.OnRun(session =>
        {
            var kernel = UserKernel.Load(session.Get(file)!, session.Get(entry));
            var cases = session.Get(like) is { } text ? KernelNames.Cases(text) : OpCases.All;
            var real = session.Get(precision) == "float64" ? DType.Float64 : DType.Float32;
            double? ulps = session.Get(tolerance) * Math.ScaleB(1, real == DType.Float64 ? 53 : 24);
            return new TrialReport(session, kernel, real, ulps).Run(cases);
        });
        return command;
    }
}
