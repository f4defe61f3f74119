using GenEngine.Bench.Compare;
using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Proofs;

/// <summary>Work of real size that kernels are timed in; names are those of 'compare' and of the rows of Bench/Peers/pytorch.</summary>
/// <param name="Create">Makes it on a device, whose precision is set.</param>
internal sealed record TimedWork(string Name, Func<Device, OwnJob> Create)
{
    /// <summary>What 'compare' times but for its samplers, which are small; a large product; the steps that take a CPU too long; and large samplers.</summary>
    public static IReadOnlyList<TimedWork> All { get; } =
    [
        new("gemm-4096", device => new GemmJob(device, 4096, 4096, 4096)),
        .. Contest.All.Where(contest => contest.Create is not null && contest.PeerParts == 1 && !contest.Name.StartsWith('s')).Select(contest => new TimedWork(contest.Name, contest.Create!)),
        .. StepEntry.WithPeer.Select(entry => new TimedWork(entry.Name, device => entry.Create(device, entry.Batch))),
        new("sample-pixelcnn-h128", SampleJob.PixelCnn128),
        new("sample-wavenet-30", device => SampleJob.WaveNet30(device, 1)),
        new("sample-wavenet-30-x256", device => SampleJob.WaveNet30(device, 256)),
    ];
}
