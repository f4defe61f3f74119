using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Fuzz;

/// <summary>
/// Bytes of strangers give a result or a refusal that names the file and the place in it: no other exception, no crash, no hang, and no memory
/// beyond a stated multiple of their length. An input is seen again by its target, seed and number: <see cref="FuzzRunner.Run"/> with these.
/// </summary>
public sealed class FuzzTests
{
    private const ulong Seed = 1;

    [Test]
    public void No_parser_does_anything_but_read_or_refuse([Values("files", "runs", "command lines")] string which)
    {
        using var folder = new TemporaryFolder();
        Run(which, folder, Seed, target => target is "checkpoint" or "train-options" or "kernel" ? 100 : 600);
    }

    /// <summary>
    /// GENENGINE_FUZZ: the inputs of all targets together, a million when not set. GENENGINE_FUZZ_SEED: the seed, 1 when not set. GENENGINE_FUZZ_ONLY: targets, apart by commas, so that several processes
    /// may share the million; the counts are the same.
    /// </summary>
    [Test, Explicit("long: a million inputs; run with --filter TestCategory=long"), Category("long")]
    public void A_million_inputs()
    {
        long inputs = long.Parse(Environment.GetEnvironmentVariable("GENENGINE_FUZZ") ?? "1000000", System.Globalization.CultureInfo.InvariantCulture);
        ulong seed = ulong.Parse(Environment.GetEnvironmentVariable("GENENGINE_FUZZ_SEED") ?? "1", System.Globalization.CultureInfo.InvariantCulture);
        using var folder = new TemporaryFolder();
        long targets = Targets("all", folder, out var held).Count;
        held?.Dispose();
        using var another = new TemporaryFolder();
        // a checkpoint is hashed and loaded for each input, and options are built anew for each line: of these a tenth
        static bool slow(string name) => name is "checkpoint" or "manifest" or "train-options";
        long share = inputs * 10 / ((10 * (targets - 3)) + 3);
        string[] only = Environment.GetEnvironmentVariable("GENENGINE_FUZZ_ONLY")?.Split(',') ?? [];
        Run("all", another, seed, target => only.Length > 0 && !only.Contains(target) ? 0 : 1 + (slow(target) ? share / 10 : share));
    }

    private static void Run(string which, TemporaryFolder folder, ulong seed, Func<string, long> count)
    {
        var targets = Targets(which, folder, out var held);
        using (held)
        {
            long all = 0, set = Environment.WorkingSet;
            var defects = new List<string>();
            foreach (var target in targets)
            {
                if (count(target.Name) == 0) continue;
                var report = FuzzRunner.Run(target, folder[target.Name], seed, 0, count(target.Name));
                TestContext.Progress.WriteLine(string.Join("\n  ", [report.ToString(), .. report.Defects]));
                TestContext.Out.WriteLine(report.ToString());
                defects.AddRange(report.Defects);
                all += report.Inputs;
                Assert.That(report.Refused, target.Name is "tuning" or "image-cache" ? Is.Zero : Is.InRange(report.Inputs / 20, report.Inputs), $"{target.Name}: some inputs are refused, and caches refuse none");
            }

            TestContext.Out.WriteLine(FormattableString.Invariant($"{all:N0} inputs, seed {seed}; working set {set >> 20} MiB before, {Environment.WorkingSet >> 20} MiB after"));
            Assert.That(defects, Is.Empty, string.Join('\n', defects));
        }
    }

    private static List<FuzzTarget> Targets(string which, TemporaryFolder folder, out IDisposable? held)
    {
        var targets = new List<FuzzTarget>();
        held = null;
        if (which is "files" or "all") targets.AddRange(FuzzTargets.Files());
        if (which is "command lines" or "all") targets.AddRange(CommandLineTargets.All());
        if (which is not ("runs" or "all")) return targets;
        var runs = new RunTargets(folder.Path);
        held = runs;
        targets.AddRange(runs.All());
        return targets;
    }
}
