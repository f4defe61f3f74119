using System.Globalization;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// What a choice depends on besides the GPU: the kernel family, the precision, a variant that the launcher numbers (form, alignment), and
/// extents.
/// </summary>
public readonly record struct TuningKey(
    string Family, Precision Precision, int Variant, long A, long B, long C, long D, long E = 0, long F = 0, long G = 0, long H = 0)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Family} {Precision.Name()} {Variant}: {A} {B} {C} {D} {E} {F} {G} {H}");
}

/// <summary>
/// Picks among variants of a kernel by timing them once on the GPU at hand; results are kept on disk. Candidates may differ only in what
/// changes no bit of the result (tile, stages, order of blocks), so a choice changes the time and nothing else. GENENGINE_AUTOTUNE=off leaves
/// the choice to the launchers' arithmetic, =force measures anew what is known.
/// </summary>
public sealed class Autotune
{
    /// <summary>The environment variable: on (or empty), off, force.</summary>
    public const string Variable = "GENENGINE_AUTOTUNE";

    private const int Rounds = 3, MostLaunches = 20;

    /// <summary>Each measurement lasts about as long, so that one launch's jitter does not decide.</summary>
    private const float MeasureMs = 0.5f;

    /// <summary>The launcher's own choice stands unless another is faster by more than this: timings are noisy, and a choice should stay.</summary>
    private const float WorthChanging = 0.97f;

    private readonly Dictionary<TuningKey, int> _known = [];
    private readonly TuningStore _store;
    private readonly bool _force;

    public Autotune(TuningStore store, bool force = false)
    {
        _store = store;
        _force = force;
    }

    /// <summary>Shapes measured, not found on disk.</summary>
    public int Measured { get; private set; }

    /// <summary>The tuner of a device; null where there is nothing to measure (the emulator) or the user wants none.</summary>
    /// <exception cref="EngineException">GENENGINE_AUTOTUNE has another value.</exception>
    public static Autotune? For(IGpuDriver driver)
    {
        if (!driver.CanTime) return null;
        string mode = Environment.GetEnvironmentVariable(Variable) ?? "";
        return mode switch
        {
            "off" => null,
            "" or "on" or "force" => new Autotune(new TuningStore(driver.Description), mode == "force"),
            _ => throw new EngineException($"{Variable} is '{mode}'; it takes on, off or force."),
        };
    }

    /// <summary>The choice in this process so far; null when there was none.</summary>
    public int? Find(in TuningKey key) => _known.TryGetValue(key, out int choice) ? choice : null;

    /// <summary>The stored choice, or the fastest by measurement; remembered.</summary>
    /// <param name="names">A name for each candidate that says all of what it is: stored choices are found by it.</param>
    /// <param name="analytic">The launcher's own choice.</param>
    /// <param name="prepare">Called before anything is timed: compiles the candidates side by side.</param>
    /// <param name="time">Milliseconds of this many launches of a candidate.</param>
    public int Choose(in TuningKey key, IReadOnlyList<string> names, int analytic, Action prepare, Func<int, int, float> time)
    {
        int stored = _force || _store.Find(key.ToString()) is not { } name ? -1 : IndexOf(names, name);
        if (stored >= 0) return _known[key] = stored;
        prepare();
        var best = new float[names.Count];
        for (int i = 0; i < best.Length; i++) best[i] = time(i, 1); // loads the kernel and fills the caches: no measurement yet
        var launches = Array.ConvertAll(best, ms => (int)Math.Clamp(MeasureMs / Math.Max(ms, 1e-3f), 1, MostLaunches));
        Array.Fill(best, float.PositiveInfinity);
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < best.Length; i++) best[i] = Math.Min(best[i], time(i, launches[i]) / launches[i]);
        }

        int fastest = Array.IndexOf(best, best.Min());
        int choice = best[fastest] < best[analytic] * WorthChanging ? fastest : analytic;
        Measured++;
        _store.Keep(key.ToString(), names[choice]);
        return _known[key] = choice;
    }

    /// <summary>Settles on a choice without a measurement, for this process only.</summary>
    public int Settle(in TuningKey key, int choice) => _known[key] = choice;

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
            if (names[i] == name) return i;
        return -1;
    }
}
