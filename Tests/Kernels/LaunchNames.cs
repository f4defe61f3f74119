using GenEngine.Kernels.Devices;

namespace GenEngine.Tests.Kernels;

/// <summary>The kernels that a device launches, in order.</summary>
internal sealed class LaunchNames : ILaunchProbe
{
    private readonly List<string> _seen = [];

    /// <summary>Those of an action's launches, with its result.</summary>
    public static (T Result, IReadOnlyList<string> Kernels) Of<T>(Device device, Func<T> action)
    {
        var names = new LaunchNames();
        device.Probe = names;
        try
        {
            return (action(), names._seen);
        }
        finally
        {
            device.Probe = null;
        }
    }

    public void Begin(in LaunchNote launch) => _seen.Add(launch.Kernel);

    public void End() { }
}
