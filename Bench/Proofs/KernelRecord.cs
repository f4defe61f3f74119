using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Proofs;

/// <summary>Which variants each op case or proof launches, and how it ends.</summary>
internal sealed class KernelRecord : ILaunchProbe
{
    private readonly Dictionary<(string, Type), GpuKernel> _variants = KernelCatalog.Variants.ToDictionary(kernel => (kernel.Name, kernel.ArgsType));
    private readonly Dictionary<GpuKernel, (int Cases, int Failed, double? Worst)> _results = [];
    private readonly HashSet<GpuKernel> _forward = [], _backward = [];
    private readonly Dictionary<GpuKernel, string> _forms = (
        from family in KernelCatalog.Families
        where family.Tiles > 0
        from kernel in family.Variants
        where kernel.DefineList.Any(OfTile) // not those beside the tiles, such as the sum of chunks
        select (Kernel: kernel, Form: $"{family.Name} {string.Join(',', kernel.DefineList.Where(define => !OfTile(define)))}")).ToDictionary(pair => pair.Kernel, pair => pair.Form);
    private readonly HashSet<string> _formsSeen = [];
    private readonly HashSet<string> _tensorCoreFamilies = [.. KernelCatalog.Variants.Where(kernel => !kernel.FollowsSummationLaw).Select(Family)];

    /// <summary>Variants that have run so far.</summary>
    public int Count => _results.Count;

    public void Begin(in LaunchNote launch)
    {
        if (_variants.TryGetValue((launch.Kernel, launch.ArgsType), out var kernel)) (launch.Label.Backward ? _backward : _forward).Add(kernel);
    }

    public void End() { }

    /// <summary>Whether the last case ran a family that has kernels for tensor cores too.</summary>
    public bool HasTensorCoreTwin { get; private set; }

    /// <summary>Whether the last case was the first to launch a kernel that chooses among tiles in some form: operands' order, type, fours or not.</summary>
    public bool HasNewForm { get; private set; }

    /// <summary>Ends a case: what was launched since the last one had part in it.</summary>
    /// <param name="worstUlps">Error of the forward result.</param>
    public void Finish(bool passed, double? worstUlps)
    {
        HasTensorCoreTwin = _forward.Union(_backward).Any(kernel => _tensorCoreFamilies.Contains(Family(kernel)));
        HasNewForm = false;
        foreach (var kernel in _forward.Union(_backward))
        {
            if (_forms.TryGetValue(kernel, out string? form)) HasNewForm |= _formsSeen.Add(form);
            var (cases, failed, worst) = _results.GetValueOrDefault(kernel);
            double? error = _forward.Contains(kernel) ? worstUlps : null;
            _results[kernel] = (cases + 1, failed + (passed ? 0 : 1), worst is null || error > worst ? error ?? worst : worst);
        }

        _forward.Clear();
        _backward.Clear();
    }

    /// <summary>A line a variant that ran, in the catalogue's order; those without a fingerprint are left out, since nothing could be matched with them.</summary>
    public IReadOnlyList<KernelEvidence> Lines(IReadOnlyDictionary<(string File, string Name), string> fingerprints) =>
    [
        .. from kernel in KernelCatalog.Variants
           where _results.ContainsKey(kernel) && fingerprints.ContainsKey((kernel.File, kernel.Name))
           let result = _results[kernel]
           select new KernelEvidence(kernel.File, kernel.Name, fingerprints[(kernel.File, kernel.Name)], result.Cases, result.Failed, result.Worst is { } worst ? Math.Round(worst, 2) : null),
    ];

    private static bool OfTile(string define) =>
        define.StartsWith("TILE_", StringComparison.Ordinal) || define.StartsWith("THREAD_", StringComparison.Ordinal) || define.StartsWith("MIN_BLOCKS=", StringComparison.Ordinal);

    private static string Family(GpuKernel kernel) => kernel.File.Split('/')[0];
}
