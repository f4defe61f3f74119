using GenEngine.Bench;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

public class UsageTests
{
    [TestCase("devcies", "Did you mean 'devices'?")]
    [TestCase("zzzzzzzz", "Unknown command 'zzzzzzzz'. Known: ")]
    [TestCase("devices --jsn", "no option '--jsn'. Did you mean '--json'?")]
    [TestCase("devices --verbos", "Did you mean '--verbose'?")]
    [TestCase("devices --zzzzzzzz", "no option '--zzzzzzzz'.\n")]
    [TestCase("devices extra", "'extra'")]
    public void AWrongNameIsAnsweredWithTheNearest(string line, string expected)
    {
        var run = ConsoleRun.Of(line.Split(' '));
        Assert.That(run.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain(expected));
        Assert.That(run.Error, Does.EndWith("--help'.\n"));
        Assert.That(run.Out, Is.Empty);
    }

    [Test]
    public void WithoutArgumentsTheConsoleShowsItsHelp()
    {
        var run = ConsoleRun.Of();
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done));
        Assert.That(run.Out, Is.EqualTo(ConsoleRun.Of("--help").Out));
        Assert.That(run.Out, Does.Contain("Examples:").And.Contain("genengine train vae"));
    }
}
