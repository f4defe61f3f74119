using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.UserKernels;

/// <summary>One launch that an op case makes, as far as it can be known without running it.</summary>
internal sealed record ScannedLaunch(string Kernel, LaunchLabel Label, LaunchShape Shape, object Block, IReadOnlyList<(AccessMode Mode, ulong Address, long Bytes, string Range)> Accesses)
{
    /// <summary>The same launch again, at whatever addresses.</summary>
    public bool Repeats(ScannedLaunch other) =>
        (Kernel, Shape, Label.Op, Label.Backward) == (other.Kernel, other.Shape, other.Label.Op, other.Label.Backward)
        && ArgumentBlock.Fields(Block).Where(field => !field.IsPointer).SequenceEqual(ArgumentBlock.Fields(other.Block).Where(field => !field.IsPointer));
}

/// <summary>Which launches op cases make: they run on a driver that looks at launches and runs none, so no compiler is needed.</summary>
internal sealed unsafe class LaunchScan : ILaunchProbe
{
    private readonly List<ScannedLaunch> _launches = [];

    /// <summary>The launches of a case, forward and backward, each once.</summary>
    public static IReadOnlyList<ScannedLaunch> Of(OpCase test, DType real)
    {
        using var device = new GpuDevice(new DryDriver());
        var scan = new LaunchScan();
        device.Probe = scan;
        if (test.Differentiable) OpCaseRunner.ForwardAndBackward(test, device, real);
        else OpCaseRunner.Forward(test, device, real);
        return scan._launches;
    }

    void ILaunchProbe.Begin(in LaunchNote launch)
    {
        var accesses = new List<(AccessMode, ulong, long, string)>();
        foreach (ref readonly var access in launch.Accesses) accesses.Add((access.Mode, access.Range.Address, access.Range.Bytes, access.Range.ToString()));
        var scanned = new ScannedLaunch(launch.Kernel, launch.Label, launch.Shape, ArgumentBlock.Box(launch.ArgsType, new ReadOnlySpan<byte>(launch.Args, launch.ArgBytes)), accesses);
        if (!_launches.Exists(scanned.Repeats)) _launches.Add(scanned);
    }

    void ILaunchProbe.End() { }
}
