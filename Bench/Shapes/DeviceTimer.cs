using System.Diagnostics;
using GenEngine.Bench.Compare;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;

namespace GenEngine.Bench.Shapes;

/// <summary>Times work where it runs: by the host's clock, on a GPU by its events.</summary>
internal static class DeviceTimer
{
    private const int WarmUps = 3;
    private const int LeastRepeats = 7;

    /// <summary>Warms up, then repeats the work for so many seconds, a few times at least; the median in milliseconds.</summary>
    public static (double MedianMs, int Repeats) Measure(Device device, Action work, double seconds)
    {
        if (device is not GpuDevice { Driver: CudaDriver }) return Stopclock.Measure(work, seconds);
        for (int i = 0; i < WarmUps; i++) work();
        device.Synchronize();
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (times.Count < LeastRepeats || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds) times.Add(device.Time(work));
        return (Stopclock.Median(times), times.Count);
    }
}
