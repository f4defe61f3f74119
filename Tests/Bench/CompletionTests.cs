using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using GenEngine.Bench;
using GenEngine.Bench.Completion;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>What the console answers at Tab, and the scripts that ask it.</summary>
public sealed class CompletionTests
{
    [TestCase("genengine ", "train", "doctor", "completion")]
    [TestCase("genengine tr", "train", "traverse")]
    [TestCase("genengine train va", "vae")]
    [TestCase("genengine train vae --data mn", "mnist")]
    [TestCase("genengine train vae --data=mn", "--data=mnist")]
    [TestCase("genengine train vae --device ", "cpu", "simt", "cuda")]
    [TestCase("genengine train vae --late", "--latent")]
    [TestCase("genengine train vae --flip --chan", "--channels")]
    [TestCase("genengine data fe", "fetch")]
    [TestCase("genengine data fetch cif", "cifar10")]
    [TestCase("genengine completion f", "fish")]
    [TestCase("genengine --ver", "--verbose", "--version")]
    [TestCase("genengine sample \"gat", "gated-pixelcnn")]
    public void What_may_come_next_is_offered(string line, params string[] expected) =>
        Assert.That(Texts(line), line.EndsWith("engine ", StringComparison.Ordinal) ? Is.SupersetOf(expected) : Is.EquivalentTo(expected));

    [TestCase("genengine startup")]
    [TestCase("genengine nothing ")]
    [TestCase("genengine train vae ")]
    [TestCase("genengine train vae --steps ")]
    [TestCase("genengine train vae --flip ")]
    [TestCase("genengine train vae --data ~/fa")]
    [TestCase("genengine train vae --latent 2 --late")]
    public void Where_only_a_file_or_nothing_can_stand_nothing_is_offered(string line) => Assert.That(Texts(line), Is.Empty);

    [Test]
    public void Options_say_what_they_are()
    {
        var run = ConsoleRun.Of("suggest", "fish", "27", "genengine train vae --sched");
        Assert.That(run.Out, Does.StartWith("--schedule\tLearning rate over the run"));
        Assert.That(ConsoleRun.Of("suggest", "fish").Code, Is.EqualTo(ExitCode.Usage));
    }

    [Test]
    public void Words_are_split_as_shells_do()
    {
        var words = TypedLine.Split("genengine  train --out \"my runs/a b\" 'it is' next word", 47);
        Assert.That(words.Words, Is.EqualTo(new[] { "genengine", "train", "--out", "my runs/a b", "it is" }));
        Assert.That((words.Current, words.Typed), Is.EqualTo(("ne", "ne")));
        Assert.That(TypedLine.Split("genengine 'half a", 99).Current, Is.EqualTo("half a"));
        if (!OperatingSystem.IsWindows()) Assert.That(TypedLine.Split(@"genengine half\ a", 17).Current, Is.EqualTo("half a"));
    }

    [TestCase("train v", "vae")]
    [TestCase("train vae --data=mn", "mnist")]
    [TestCase("train --resume ", @"runs/odd\ name", "runs/vae-digits-1")]
    [TestCase("sample vae --run \"runs/o", "runs/odd name")]
    [TestCase("train vae --out ")]
    public void Bash_asks_and_is_answered(string line, params string[] expected)
    {
        const string Bash = "/bin/bash";
        string program = Path.Combine(AppContext.BaseDirectory, "genengine");
        if (!File.Exists(Bash) || !File.Exists(program)) Assert.Ignore("there is no /bin/bash, or no console beside the tests");
        string folder = Path.Combine(Path.GetTempPath(), $"completion {Guid.NewGuid():N}");
        foreach (string run in (string[])["odd name", "vae-digits-1"])
        {
            Directory.CreateDirectory(Path.Combine(folder, "runs", run));
            File.WriteAllText(Path.Combine(folder, "runs", run, "run.json"), "{}");
        }

        Directory.CreateDirectory(Path.Combine(folder, "runs", "no run"));
        File.WriteAllText(Path.Combine(folder, "script"), ConsoleRun.Of("completion", "bash").Out);
        var start = new ProcessStartInfo(Bash) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        string text = "genengine " + line;
        foreach (string word in (string[])["--norc", "-c", "source ./script; COMP_LINE=$1 COMP_POINT=${#1}; _genengine \"$0\"; (( ${#COMPREPLY[@]} )) && printf '%s\\n' \"${COMPREPLY[@]}\"; complete -p genengine >&2", program, text]) start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        string[] answers = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Directory.Delete(folder, recursive: true);
        Assert.That(error.Result, Is.EqualTo("complete -o default -F _genengine genengine\n"));
        Assert.That(answers, Is.EquivalentTo(expected));
    }

    [Test]
    public void PowerShell_asks_and_is_answered()
    {
        if (!File.Exists(Path.Combine(AppContext.BaseDirectory, "genengine")) || OperatingSystem.IsWindows()) Assert.Ignore("there is no console beside the tests");
        using var space = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        space.Open();
        using var shell = PowerShell.Create();
        shell.Runspace = space;
        shell.AddScript($"$env:PATH = '{AppContext.BaseDirectory}:' + $env:PATH").Invoke();
        shell.Commands.Clear();
        shell.AddScript(ConsoleRun.Of("completion", "pwsh").Out).Invoke();
        shell.Commands.Clear();
        const string Line = "genengine train vae --sched";
        var found = CommandCompletion.CompleteInput(Line, Line.Length, null, shell);
        Assert.That(found.CompletionMatches.Select(match => (match.CompletionText, match.ToolTip[..13])), Is.EqualTo(new[] { ("--schedule", "Learning rate") }));
    }

    [TestCase("train vae --sched", "--schedule")]
    [TestCase("train vae --data mn", "mnist")]
    [TestCase("tra", "train", "traverse")]
    public void Fish_asks_and_is_answered(string line, params string[] expected)
    {
        string answered = Shell("/usr/bin/fish", "--no-config", "-c", $"genengine completion fish | source; complete -C 'genengine {line}'");
        Assert.That(answered.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(answer => answer.Split('\t')[0]), Is.EqualTo(expected));
    }

    /// <summary>zsh completes at a terminal only: one of its own making, typed into.</summary>
    [Test]
    public void Zsh_asks_and_is_answered()
    {
        const string Typed = """
            zmodload zsh/zpty
            waited() { local more; SECONDS=0; while [[ $seen != *$1* ]] && (( SECONDS < 60 )); do zpty -r -t shell more && seen+=$more || sleep 0.05; done }
            zpty shell 'zsh -f -i'
            zpty -w shell "autoload -Uz compinit; compinit -u -D; source <(genengine completion zsh); echo rea''dy"
            waited ready
            zpty -n -w shell $'genengine train vae --sched\t'
            waited --schedule
            zpty -n -w shell $'\C-ugenengine doc\t'
            waited doctor
            print -r -- $seen
            """;
        Assert.That(Shell("/usr/bin/zsh", "-f", "-c", Typed), Does.Contain("train vae --schedule").And.Contain("doctor"));
    }

    private static string Shell(string shell, params string[] arguments)
    {
        if (!File.Exists(shell) || !File.Exists(Path.Combine(AppContext.BaseDirectory, "genengine"))) Assert.Ignore($"there is no {shell}, or no console beside the tests");
        using var process = ConsoleProcess.Start(shell, arguments, ("PATH", $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}"));
        var run = ConsoleProcess.Finish(process, TimeSpan.FromMinutes(3)); // zsh is waited for twice, a minute each at most
        Assert.That(run.Error, Is.Empty);
        return run.Out;
    }

    [TestCase("zsh", "compdef _genengine genengine")]
    [TestCase("fish", "complete -c genengine")]
    public void Scripts_of_other_shells_ask_the_same_entry(string shell, string expected) =>
        Assert.That(ConsoleRun.Of("completion", shell).Out, Does.Contain(expected).And.Contain($" suggest {shell} ").And.Not.Contain("\r"));

    [Test]
    public void Another_shell_is_answered_with_the_nearest() =>
        Assert.That(ConsoleRun.Of("completion", "bahs").Error, Does.Contain("Unknown shell 'bahs'. Did you mean 'bash'?"));

    private static List<string> Texts(string line)
    {
        var run = ConsoleRun.Of("suggest", "zsh", line.Length.ToString(CultureInfo.InvariantCulture), line);
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        return [.. run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split('\t')[0])];
    }
}
