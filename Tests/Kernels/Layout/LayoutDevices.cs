using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Layout;

/// <summary>Arrays to a device and back, and the devices that results must agree on.</summary>
internal static class LayoutDevices
{
    /// <summary>All devices, and the emulator's checked build.</summary>
    public static IEnumerable<TestDevice> Devices =>
        TestDevices.All.Append(new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason));

    public static DeviceBuffer Put<T>(this Device device, T[] values, string name = "test") where T : unmanaged
    {
        var buffer = device.Allocate(Math.Max(1, values.Length) * (long)Unsafe.SizeOf<T>(), name);
        if (values.Length > 0) device.Upload<T>(values, buffer.All);
        return buffer;
    }

    public static T[] Get<T>(this DeviceBuffer buffer) where T : unmanaged
    {
        var values = new T[buffer.Bytes / Unsafe.SizeOf<T>()];
        buffer.Device.Download(buffer.All, values.AsSpan());
        return values;
    }

    /// <summary>Runs on every instruction set with 1, 2 and 5 threads and on simt and cuda, and wants the same bits everywhere.</summary>
    public static void SameBitsEverywhere<T>(Func<Device, T[]> run) where T : unmanaged
    {
        byte[]? expected = null;
        string first = "";
        foreach (var isa in Enum.GetValues<CpuIsa>().Where(isa => isa.IsSupported()))
        {
            foreach (int threads in new[] { 1, 2, 5 }) Check($"{isa.Name()} with {threads} thread(s)", TestDevices.Cpu(isa, threads));
        }

        if (TestDevices.Simt is { } simt) Check("simt", simt);
        else TestContext.Out.WriteLine($"simt left out: {TestDevices.SimtMissingReason}");
        if (TestDevices.Cuda is { } cuda) Check("cuda", cuda);
        else TestContext.Out.WriteLine($"cuda left out: {TestDevices.CudaMissingReason}");

        void Check(string name, Device device)
        {
            byte[] got = MemoryMarshal.AsBytes(run(device).AsSpan()).ToArray();
            if (expected is null) (expected, first) = (got, name);
            Assert.That(got.AsSpan().SequenceEqual(expected), $"{name} and {first} give the same bits");
        }
    }
}
