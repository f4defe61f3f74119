using System.CommandLine;
using System.Text;
using GenEngine.Text;

namespace GenEngine.Bench.Commands;

/// <summary>completion SHELL: the script that makes a shell complete command lines of this console.</summary>
internal static class CompletionCommand
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish", "pwsh"];

    public static ConsoleCommand Create()
    {
        var shell = new Argument<string>("shell") { Description = $"The shell: {string.Join(", ", s_shells)}." };
        shell.CompletionSources.Add(s_shells);
        shell.Validators.Add(result =>
        {
            if (!s_shells.Contains(result.Tokens[0].Value)) result.AddError(NearestName.Unknown("shell", result.Tokens[0].Value, s_shells));
        });
        var command = new ConsoleCommand("completion")
        {
            Examples = [("completion bash", "in ~/.bashrc: source <(genengine completion bash)"), ("completion pwsh", "in $PROFILE: genengine completion pwsh | Out-String | Invoke-Expression")],
        };
        command.Arguments.Add(shell);
        command.OnRun(session =>
        {
            session.Out.Write(Script(session.Get(shell)!));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Script(string shell)
    {
        using var stream = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion/{shell}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
