using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using GenEngine.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Build;

/// <summary>The packages as somebody uses them who has nothing else: the console installed as a tool, the libraries in a new project.</summary>
[Explicit("slow: packs, installs and builds; run with --filter TestCategory=slow"), Category("slow")]
public sealed class PackageTests
{
    private string _root = "", _packages = "", _version = "";

    [OneTimeSetUp]
    public void Pack()
    {
        _root = Directory.CreateTempSubdirectory("genengine packages ").FullName;
        _packages = Path.Combine(_root, "packages");
        _version = FormattableString.Invariant($"0.1.0-test.{DateTime.UtcNow.Ticks}"); // never one that a cache already has
        string configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Debug" : "Release";
        Run(Checkout.Root, "dotnet", "pack", "GenEngine.sln", "-c", configuration, "--no-build", "-o", _packages, $"-p:PackageVersion={_version}", "--nologo");
        File.WriteAllText(Path.Combine(_root, "nuget.config"), $"""<configuration><packageSources><add key="packed" value="{_packages}" /></packageSources></configuration>""");
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, recursive: true);

    [Test]
    public void Each_package_holds_what_its_users_need()
    {
        Assert.That(
            Directory.GetFiles(_packages, "*.nupkg").Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "GenEngine", "GenEngine.Kernels", "GenEngine.Models", "GenEngine.Console" }.Select(id => $"{id}.{_version}.nupkg")));
        foreach (var (id, assembly) in new[] { ("GenEngine.Kernels", "GenEngine.Kernels"), ("GenEngine", "GenEngine.Engine"), ("GenEngine.Models", "GenEngine.Models") })
        {
            using var package = ZipFile.OpenRead(Path.Combine(_packages, $"{id}.{_version}.nupkg"));
            Assert.That(package.Entries.Select(entry => entry.FullName), Is.SupersetOf(new[] { "README.md", $"lib/net10.0/{assembly}.dll", $"lib/net10.0/{assembly}.xml" }));
            using var spec = package.GetEntry($"{id}.nuspec")!.Open();
            string text = XDocument.Load(spec).ToString();
            Assert.That(text, Does.Contain("MIT").And.Contain("README.md"));
            using var symbols = ZipFile.OpenRead(Path.Combine(_packages, $"{id}.{_version}.snupkg"));
            Assert.That(symbols.Entries.Select(entry => entry.FullName), Does.Contain($"lib/net10.0/{assembly}.pdb"));
        }
    }

    [Test]
    public void The_tool_trains_and_a_new_project_uses_what_it_has_left()
    {
        string tools = Path.Combine(_root, "tools"), run = Path.Combine(_root, "run 数字"), project = Directory.CreateDirectory(Path.Combine(_root, "project")).FullName;
        Run(_root, "dotnet", "tool", "install", "GenEngine.Console", "--version", _version, "--tool-path", tools, "--configfile", Path.Combine(_root, "nuget.config"));
        string trained = Run(_root, Path.Combine(tools, OperatingSystem.IsWindows() ? "genengine.exe" : "genengine"), "train", "vae", "--steps", "20", "--batch", "8", "--hidden", "16", "--out", run);
        Assert.That(trained, Does.Contain("run folder:"));

        File.WriteAllText(Path.Combine(project, "project.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><RestorePackagesPath>packages</RestorePackagesPath></PropertyGroup>
              <ItemGroup><PackageReference Include="GenEngine.Models" Version="{_version}" /></ItemGroup>
            </Project>
            """);
        File.WriteAllLines(Path.Combine(project, "Program.cs"), File.ReadLines(Path.Combine(Checkout.Root, "Examples", "UseModel.cs")).Where(line => !line.StartsWith("#:", StringComparison.Ordinal)));
        string used = Run(project, "dotnet", "run", "--", run);
        Assert.That(used, Does.Contain("vae: 16 images of 28x28"));
        foreach (string picture in (string[])["samples.png", "decoded.png", "path.png"]) Assert.That(PictureFile.Decode(File.ReadAllBytes(Path.Combine(project, picture)), out _).Width, Is.GreaterThan(28));
    }

    /// <summary>Runs a program to its end and gives what it printed; its failure is the test's.</summary>
    private static string Run(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in (string[])["MSBUILDDISABLENODEREUSE", "DOTNET_CLI_TELEMETRY_OPTOUT", "DOTNET_NOLOGO"]) start.Environment[name] = "1";
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("TESTINGPLATFORM", StringComparison.OrdinalIgnoreCase)).ToArray()) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}\n{output}\n{errors.Result}");
        return output;
    }
}
