using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>Profiles a few steps of a training run: which launches they make and how long each takes, see <see cref="LaunchProfile"/>.</summary>
public sealed class StepProfiler : IDisposable
{
    /// <summary>Steps before: the eager one, the capture, and one replay that finds caches and branch predictors cold.</summary>
    private const long WarmUp = 3;

    private const long Count = 3;
    private readonly long _first, _last;

    /// <param name="steps">Steps of the whole run; in a short one the last steps are taken.</param>
    public StepProfiler(Device device, long steps)
    {
        Profile = new LaunchProfile(device);
        _last = Math.Min(steps, WarmUp + Count);
        _first = Math.Max(1, _last - Count + 1);
    }

    /// <summary>What was timed so far; disposed with the profiler.</summary>
    public LaunchProfile Profile { get; }

    /// <param name="step">Counted from 1.</param>
    public bool Wants(long step) => step >= _first && step <= _last;

    /// <summary>Runs a step that it <see cref="Wants"/> and times its launches.</summary>
    /// <param name="step">Counted from 1.</param>
    /// <param name="work">The step.</param>
    /// <exception cref="InvalidOperationException">Somebody else watches the device's launches.</exception>
    public void Run(long step, Action work) => Profile.Run(step, work);

    public void Dispose() => Profile.Dispose();
}
