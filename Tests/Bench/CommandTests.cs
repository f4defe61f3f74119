using System.CommandLine;
using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Bench.Commands;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

public class CommandTests
{
    private static IEnumerable<string> AllCommands => Walk("", CommandList.Create());

    [TestCaseSource(nameof(AllCommands))]
    public void HelpTeachesEveryCommand(string line)
    {
        var run = ConsoleRun.Of([.. line.Split(' '), "--help"]);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done));
        Assert.That(run.Out, Does.Contain("Description:").And.Contain("Usage:"));
        Assert.That(run.Out, Does.Contain($"Examples:\n  genengine {line}"), "every command has an example that starts with its own name");
        Assert.That(run.Error, Is.Empty);
    }

    // a name that means two things in two commands would teach a wrong habit
    [Test]
    public void OptionsOfOneNameHaveOneType()
    {
        var types = Flatten(CommandList.Create()).SelectMany(command => command.Options).Where(option => option.Name != "--json")
            .GroupBy(option => option.Name, option => option.ValueType);
        foreach (var option in types) Assert.That(option.Distinct().Count(), Is.EqualTo(1), option.Key);
    }

    [Test]
    public void DevicesAsJsonAreOnlyJson()
    {
        var run = ConsoleRun.Of("devices", "--json");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        var devices = JsonDocument.Parse(run.Out).RootElement.EnumerateArray().ToList();
        Assert.That(devices.Select(device => device.GetProperty("device").GetString()![..3]), Is.SupersetOf(new[] { "cpu", "sim", "cud" }));
        Assert.That(devices[0].GetProperty("available").GetBoolean());
        foreach (var device in devices)
            Assert.That(device.GetProperty("available").GetBoolean(), Is.EqualTo(device.GetProperty("problem").ValueKind == JsonValueKind.Null), "what is missing is explained");
    }

    [Test]
    public void DevicesForPeopleSayWhatIsHere() =>
        Assert.That(ConsoleRun.Of("devices").Out, Does.Contain("cpu").And.Contain("simt").And.Contain("cuda").And.Contain("GenEngine 0."));

    [Test]
    public void DataListKnowsEverySet()
    {
        var run = ConsoleRun.Of("data", "list", "--json", "--data-dir", Path.Combine(Path.GetTempPath(), "没有 here"));
        var names = JsonDocument.Parse(run.Out).RootElement.EnumerateArray().Select(set => set.GetProperty("name").GetString());
        Assert.That(names, Is.SupersetOf(new[] { "digits", "mnist", "fashion-mnist", "binarized-mnist", "cifar10", "fsdd" }));
        Assert.That(ConsoleRun.Of("data", "list").Out, Does.Contain("built in").And.Contain("12").Or.Contain("MiB"));
    }

    [Test]
    public void KernelsAreListed()
    {
        var run = ConsoleRun.Of("kernels", "list", "--only", "matmul", "--json");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        var files = JsonDocument.Parse(run.Out).RootElement.EnumerateArray().Select(kernel => kernel.GetProperty("file").GetString()).Distinct();
        Assert.That(files, Has.Some.EqualTo("MatMul/matmul.cu"));
    }

    [Test]
    public void TheStartupProbeTrainsOneStep() => Assert.That(ConsoleRun.Of("startup-probe", "--threads", "1"), Is.EqualTo(new ConsoleRun(ExitCode.Done, "done\n", "")));

    [TestCase("kernels compile --arch sm_8x", ExitCode.Usage, "'sm_8x' is no GPU architecture")]
    [TestCase("kernels check mutmal", ExitCode.Usage, "Unknown op 'mutmal'")]
    [TestCase("data fetch minst", ExitCode.Usage, "Did you mean 'mnist'?")]
    [TestCase("data fetch digits", ExitCode.Failed, "built in")]
    [TestCase("data", ExitCode.Usage, "needs one of: list, fetch, show.")]
    [TestCase("compare --only gemm-1025", ExitCode.Usage, "Did you mean 'gemm-1024'?")]
    [TestCase("compare --device simt", ExitCode.Usage, "the peer")]
    [TestCase("compare --weights --rounds 3", ExitCode.Usage, "--rounds is about times")]
    [TestCase("compare --rounds 0", ExitCode.Usage, "--rounds takes a whole number from 1 up")]
    public void BadLinesAreAnswered(string line, int code, string expected)
    {
        var run = ConsoleRun.Of(line.Split(' '));
        Assert.That((run.Code, run.Out), Is.EqualTo((code, "")));
        Assert.That(run.Error, Does.Contain(expected));
    }

    private static IEnumerable<string> Walk(string path, IEnumerable<Command> commands) =>
        commands.Where(command => !command.Hidden).SelectMany(command => new[] { path + command.Name }.Concat(Walk(path + command.Name + " ", command.Subcommands)));

    private static IEnumerable<Command> Flatten(IEnumerable<Command> commands) => commands.SelectMany(command => Flatten(command.Subcommands).Prepend(command));
}
