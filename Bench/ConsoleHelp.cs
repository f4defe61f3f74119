using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace GenEngine.Bench;

/// <summary>--help: the parser's own page, then examples.</summary>
internal static class ConsoleHelp
{
    private static readonly (string Line, string Purpose)[] RootExamples =
    [
        ("train vae", "train a VAE on built-in digits, draw samples and its latent manifold"),
        ("doctor", "what works on this machine, what is missing, and what to do about it"),
        ("gradcheck", "check every gradient against finite differences"),
        ("kernels check", "run every CUDA kernel on the CPU under the checker"),
    ];

    public static void Install(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    private sealed class HelpWithExamples(HelpAction page) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var command = parseResult.CommandResult.Command;
            foreach (var argument in command.Arguments) argument.HelpName ??= argument.Name; // the parser would spell out all that can stand there, which the description does
            int code = page.Invoke(parseResult);
            var examples = command switch { RootCommand => RootExamples, ConsoleCommand own => own.Examples, _ => [] };
            var output = parseResult.InvocationConfiguration.Output;
            (command as ConsoleCommand)?.MoreHelp?.Invoke(parseResult, output);
            if (examples.Count > 0)
            {
                output.WriteLine("Examples:");
                int width = examples.Max(example => example.Line.Length);
                foreach (var (line, purpose) in examples) output.WriteLine($"  genengine {line.PadRight(width)}  {purpose}");
            }

            if (command is RootCommand)
                output.WriteLine($"\nExit codes: {ExitCode.Done} done, {ExitCode.Failed} failed, {ExitCode.Usage} unknown name or missing device, {ExitCode.Internal} internal error, {ExitCode.Stopped} stopped by Ctrl-C.");
            return code;
        }
    }
}
