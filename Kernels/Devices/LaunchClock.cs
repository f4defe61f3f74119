using System.Diagnostics;

namespace GenEngine.Kernels.Devices;

/// <summary>Takes the time between launches where they run: on the host, or on the GPU between its events.</summary>
public abstract class LaunchClock : IDisposable
{
    /// <summary>Marks this point in the order of the device's work; gives the mark's number.</summary>
    public abstract int Stamp();

    /// <summary>When the work before a mark was done, microseconds after the first mark. Waits for it.</summary>
    public abstract double At(int stamp);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>For devices that have done a launch when it returns.</summary>
public sealed class HostClock : LaunchClock
{
    private readonly List<long> _stamps = [];

    public override int Stamp()
    {
        _stamps.Add(Stopwatch.GetTimestamp());
        return _stamps.Count - 1;
    }

    public override double At(int stamp) => Stopwatch.GetElapsedTime(_stamps[0], _stamps[stamp]).TotalMicroseconds;
}
