using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace GenEngine.Bench.Micro;

/// <summary>
/// The micro-benchmarks. Arguments are BenchmarkDotNet's (--filter '*MatMul*', --list flat, ...), and --smoke, which runs every
/// benchmark once to show that it works and proves nothing about its time.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        bool smoke = args.Contains("--smoke");
        string[] rest = [.. args.Where(arg => arg != "--smoke")];
        if (rest.Length == 0) rest = ["--filter", "*"];
        // in this process: its tiering settings are those of the product, and nothing is compiled per benchmark
        var job = (smoke ? Job.Dry : Job.ShortRun).WithToolchain(InProcessEmitToolchain.Instance);
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddExporter(MarkdownExporter.GitHub, JsonExporter.FullCompressed)
            .AddLogger(smoke ? new FailuresLogger() : ConsoleLogger.Default);
        if (smoke) config.ArtifactsPath = Directory.CreateTempSubdirectory("genengine-smoke").FullName;
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(rest, config).ToList();
        if (!smoke) return summaries.Any(Broken) ? 1 : 0;
        Directory.Delete(config.ArtifactsPath!, recursive: true);
        return Count(summaries);
    }

    private static int Count(List<Summary> summaries)
    {
        var reports = summaries.SelectMany(summary => summary.Reports).ToList();
        var failed = reports.Where(report => !report.Success).ToList();
        foreach (var report in failed) Console.WriteLine($"failed: {report.BenchmarkCase.DisplayInfo}");
        Console.WriteLine($"{reports.Count} benchmarks ran once, {failed.Count} failed.");
        return failed.Count > 0 || reports.Count == 0 || summaries.Any(Broken) ? 1 : 0;
    }

    private static bool Broken(Summary summary) => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success);

    /// <summary>Passes on errors only.</summary>
    private sealed class FailuresLogger : ILogger
    {
        public string Id => nameof(FailuresLogger);

        public int Priority => 0;

        public void Write(LogKind logKind, string text)
        {
            if (logKind == LogKind.Error) Console.Error.Write(text);
        }

        public void WriteLine() { }

        public void WriteLine(LogKind logKind, string text)
        {
            if (logKind == LogKind.Error) Console.Error.WriteLine(text);
        }

        public void Flush() { }
    }
}
