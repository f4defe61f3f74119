using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Tests.Kernels;

/// <summary>Work of a shared device in another precision, which it gets back however the work ends.</summary>
internal static class InPrecision
{
    public static void Run(GpuDevice device, Precision precision, Action work)
    {
        var before = device.Precision;
        try
        {
            device.Precision = precision;
            work();
        }
        finally
        {
            device.Precision = before;
        }
    }
}
