namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>Events on the device's stream: when the GPU, not the host, came to a point.</summary>
internal sealed class CudaClock(CudaDriver driver) : LaunchClock
{
    private readonly List<EventHandle> _events = [];

    public override int Stamp()
    {
        _events.Add(driver.RecordEvent());
        return _events.Count - 1;
    }

    public override double At(int stamp) => stamp == 0 ? 0 : 1e3 * driver.MillisecondsBetween(_events[0], _events[stamp]);

    public override void Dispose()
    {
        driver.Release(_events);
        _events.Clear();
        base.Dispose();
    }
}
