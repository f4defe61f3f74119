using System.IO.Compression;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using NUnit.Framework;

namespace GenEngine.Tests.Build;

/// <summary>build.ps1, run in this process with a make-believe dotnet first on the PATH that notes how it was called.</summary>
[NonParallelizable] // the PATH is the process's
public sealed class BuildScriptTests
{
    private string _folder = "";
    private string? _path;

    [SetUp]
    public void SetUp()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("the make-believe dotnet is a shell script; Windows would need another");
        _folder = Directory.CreateTempSubdirectory("build script é 数字 ").FullName;
        _path = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", _folder + Path.PathSeparator + _path);
        FakeDotnet(0);
    }

    [TearDown]
    public void TearDown()
    {
        if (_path is null) return;
        Environment.SetEnvironmentVariable("PATH", _path);
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void TheScriptParses()
    {
        var script = Parser.ParseFile(ScriptPath, out _, out var errors);
        Assert.That(errors.Select(error => error.ToString()), Is.Empty);
        Assert.That(script.GetHelpContent().Synopsis, Does.StartWith("Builds, tests"));
    }

    [TestCase("build", "build|{0}/GenEngine.sln|-c|Release|--nologo")]
    [TestCase("test --filter A", "test|--solution|{0}/GenEngine.sln|-c|Release|--filter|A")]
    [TestCase("train", "run|-c|Release|--project|{0}/Bench|--|train|vae")]
    [TestCase("train --steps 5", "run|-c|Release|--project|{0}/Bench|--|train|vae|--steps|5")]
    [TestCase("train ae --seed 3", "run|-c|Release|--project|{0}/Bench|--|train|ae|--seed|3")]
    [TestCase("bench --filter *Adam*", "run|-c|Release|--project|{0}/Bench/Micro|--|--filter|*Adam*")]
    [TestCase("publish -Runtime linux-arm64", "publish|{0}/Bench|-c|Release|-r|linux-arm64|--self-contained|false|-o|{0}/artifacts/publish/linux-arm64|--nologo")]
    [TestCase("", "build|{0}/GenEngine.sln|-c|Release|--nologo")]
    public void ATargetIsOneCallOfDotnet(string arguments, string expected)
    {
        var run = Run(ScriptPath, arguments);
        Assert.That(run, Is.Empty);
        Assert.That(Calls(), Is.EqualTo(new[] { string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, Checkout.Root) }));
    }

    [Test]
    public void WhatIfCallsNothing()
    {
        Assert.That(Run(ScriptPath, "train -WhatIf"), Is.Empty);
        Assert.That(Calls(), Is.Empty);
    }

    [Test]
    public void AnUnknownTargetIsRefused() =>
        Assert.That(Run(ScriptPath, "biuld").Single(), Does.Contain("build").And.Contain("bundle"));

    [Test]
    public void AFailureOfDotnetIsAFailureOfTheScript()
    {
        FakeDotnet(3);
        Assert.That(Run(ScriptPath, "build").Single(), Does.Contain("returned 3"));
    }

    [Test]
    public void AZipHoldsWhatWasPublishedAndTheLicence()
    {
        // a copy of the script, so that nothing is written into the checkout
        string copy = Path.Combine(_folder, "checkout");
        Directory.CreateDirectory(copy);
        foreach (string name in (string[])["build.ps1", "README.md", "LICENSE", "Directory.Build.props"]) File.Copy(Path.Combine(Checkout.Root, name), Path.Combine(copy, name));
        FakeDotnet(0, "mkdir -p \"${10}\"; echo console > \"${10}/genengine\"");
        Assert.That(Run(Path.Combine(copy, "build.ps1"), "zip -Runtime linux-x64"), Is.Empty);
        using var archive = ZipFile.OpenRead(Directory.GetFiles(Path.Combine(copy, "artifacts"), "genengine-*-linux-x64.zip").Single());
        Assert.That(archive.Entries.Select(entry => entry.FullName), Is.EquivalentTo(new[] { "genengine", "README.md", "LICENSE" }));
    }

    [TestCase(0), TestCase(4)]
    public void ABundleIsTheShellScripts(int code)
    {
        if (!File.Exists("/bin/bash")) Assert.Ignore("there is no /bin/bash");
        string copy = Path.Combine(_folder, "checkout");
        Directory.CreateDirectory(Path.Combine(copy, "tools"));
        File.Copy(ScriptPath, Path.Combine(copy, "build.ps1"));
        File.WriteAllText(Path.Combine(copy, "tools", "gpu-bundle"), $"echo \"bundle|$1\" >> '{Log}'; exit {code}\n");
        Assert.That(Run(Path.Combine(copy, "build.ps1"), "bundle '/some where'"), code == 0 ? Is.Empty : Has.Some.Contains("returned 4"));
        Assert.That(Calls(), Is.EqualTo(new[] { "bundle|/some where" }));
    }

    private static string ScriptPath => Path.Combine(Checkout.Root, "build.ps1");

    private string Log => Path.Combine(_folder, "calls");

    private void FakeDotnet(int code, string work = "")
    {
        string path = Path.Combine(_folder, "dotnet");
        File.WriteAllText(path, $"#!/bin/sh\n(IFS='|'; echo \"$*\") >> '{Log}'\n{work}\nexit {code}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string[] Calls() => File.Exists(Log) ? File.ReadAllLines(Log) : [];

    /// <summary>Runs the script as a shell would; gives its errors.</summary>
    private static List<string> Run(string script, string arguments)
    {
        using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddScript($"& '{script.Replace("'", "''", StringComparison.Ordinal)}' {arguments}");
        try
        {
            shell.Invoke();
        }
        catch (RuntimeException exception)
        {
            return [exception.Message];
        }

        return [.. shell.Streams.Error.Select(error => error.ToString())];
    }
}
