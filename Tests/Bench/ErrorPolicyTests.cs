using GenEngine.Bench;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>One sentence and an exit code for everything that can go wrong.</summary>
public class ErrorPolicyTests
{
    private static readonly Exception[] Failures =
    [
        new EngineException("the file is damaged."), new KernelFaultException("the file is damaged."), new UsageException("the file is damaged."),
        new DeviceUnavailableException("the file is damaged."), new IOException("the file is damaged."), new UnauthorizedAccessException("the file is damaged."),
    ];

    [TestCaseSource(nameof(Failures))]
    public void WhatTheUserShouldKnowIsOneSentence(Exception exception)
    {
        var run = ConsoleRun.Of(Throwing(exception), "work");
        Assert.That(run.Error, Is.EqualTo("error: the file is damaged.\n"));
        Assert.That(run.Code, Is.EqualTo(exception is UsageException or DeviceUnavailableException ? ExitCode.Usage : ExitCode.Failed));
    }

    [Test]
    public void ADefectSaysSo()
    {
        var run = ConsoleRun.Of(Throwing(new InvalidOperationException("no step is open")), "work");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Internal));
        Assert.That(run.Error, Does.StartWith("internal error: InvalidOperationException: no step is open\n").And.Contain("--verbose"));
        Assert.That(run.Error, Does.Not.Contain("   at "));
    }

    [Test]
    public void VerboseShowsWhereItCameFrom() =>
        Assert.That(ConsoleRun.Of(Throwing(new EngineException("gone.")), "work --verbose").Error, Does.StartWith("error: gone.\n").And.Contain("   at GenEngine"));

    [Test]
    public void ACleanStopReturns130()
    {
        using var stop = new CancellationTokenSource();
        var command = new ConsoleCommand("work", "");
        command.OnRun(session =>
        {
            stop.Cancel(); // as Ctrl-C would in the middle of the work
            session.Out.WriteLine($"kept, {session.Stop.IsCancellationRequested}");
            return ExitCode.Done;
        });
        var run = ConsoleRun.Of(command, "work", stop.Token);
        Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Stopped, "kept, True\n")));
    }

    [Test]
    public void ACancelledOperationIsAStop()
    {
        using var stop = new CancellationTokenSource();
        var command = new ConsoleCommand("work", "");
        command.OnRun(session =>
        {
            stop.Cancel();
            session.Stop.ThrowIfCancellationRequested();
            return ExitCode.Done;
        });
        var run = ConsoleRun.Of(command, "work", stop.Token);
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Stopped, "")));
    }

    [Test]
    public void ACancellationThatNobodyAskedForIsADefect() =>
        Assert.That(ConsoleRun.Of(Throwing(new OperationCanceledException()), "work").Code, Is.EqualTo(ExitCode.Internal));

    private static ConsoleCommand Throwing(Exception exception)
    {
        var command = new ConsoleCommand("work", "");
        command.OnRun(_ => throw exception);
        return command;
    }
}
