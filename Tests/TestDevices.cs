using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;
using NUnit.Framework;

namespace GenEngine.Tests;

/// <summary>
/// Devices that tests share, opened when first asked for: a set of them for each thread that runs tests, because a device belongs to one thread at a time. Fixtures that
/// touch nothing else of the process may be <see cref="ParallelizableAttribute"/>; see <see cref="TestWorkersAttribute"/>.
/// </summary>
public static class TestDevices
{
    [ThreadStatic]
    private static Opened? s_simt, s_simtChecked, s_cuda;

    [ThreadStatic]
    private static Dictionary<(CpuIsa, int), CpuDevice>? s_cpu;

    static TestDevices() => KernelSource.AddAssembly(typeof(TestDevices).Assembly);

    /// <summary>The emulator, fast build, three orders; null when this machine has no C++ compiler.</summary>
    public static GpuDevice? Simt => OpenedSimt.Device;

    /// <summary>Why <see cref="Simt"/> is null; null when it is not.</summary>
    public static string? SimtMissingReason => OpenedSimt.Reason;

    /// <summary>The emulator, checked build, three orders; for small shapes.</summary>
    public static GpuDevice? SimtChecked => (s_simtChecked ??= OpenSimt(new SimtOptions(Orders: 3, Checked: true))).Device;

    /// <summary>An NVIDIA GPU; null without one.</summary>
    public static GpuDevice? Cuda => OpenedCuda.Device;

    public static string? CudaMissingReason => OpenedCuda.Reason;

    /// <summary>
    /// All devices, as a TestCaseSource: [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All))] void Test(TestDevice device)
    /// and device.Open() in the test; it ignores the test, with the reason, where the device is missing.
    /// </summary>
    public static IEnumerable<TestDevice> All =>
    [
        new("cpu-portable", () => Cpu(CpuIsa.Portable, 2), () => null),
        new("cpu-avx2", () => Cpu(CpuIsa.Avx2, 2), () => MissingIsa(CpuIsa.Avx2)),
        new("cpu-avx512", () => Cpu(CpuIsa.Avx512, 2), () => MissingIsa(CpuIsa.Avx512)),
        new("simt", () => Simt, () => SimtMissingReason),
        new("cuda", () => Cuda, () => CudaMissingReason),
    ];

    /// <summary>The devices that run the CUDA sources: simt and cuda.</summary>
    public static IEnumerable<TestDevice> Gpus => All.Where(device => !device.Name.StartsWith("cpu", StringComparison.Ordinal));

    /// <summary>A CPU device that fills written ranges with NaN before each launch.</summary>
    /// <exception cref="EngineException">This processor lacks the instruction set.</exception>
    public static CpuDevice Cpu(CpuIsa isa, int threads)
    {
        s_cpu ??= [];
        if (!s_cpu.TryGetValue((isa, threads), out var device))
            s_cpu[(isa, threads)] = device = new CpuDevice(new CpuOptions(threads, isa)) { PoisonWrites = true };
        return device;
    }

    private static Opened OpenedSimt => s_simt ??= OpenSimt(new SimtOptions(Orders: 3));

    private static Opened OpenedCuda => s_cuda ??= OpenCuda();

    private static string? MissingIsa(CpuIsa isa) => isa.IsSupported() ? null : $"this processor has no {isa.Name()}";

    private static Opened OpenSimt(SimtOptions options)
    {
        try
        {
            return new Opened(new GpuDevice(SimtDriver.Open(options)), null);
        }
        catch (DeviceUnavailableException missing)
        {
            return new Opened(null, missing.Message);
        }
    }

    private static Opened OpenCuda()
    {
        try
        {
            return new Opened(new GpuDevice(CudaDriver.Open()), null);
        }
        catch (DeviceUnavailableException missing)
        {
            return new Opened(null, missing.Message.Split(" Tried:")[0]); // the places are for the command line, not for every test
        }
    }

    private sealed record Opened(GpuDevice? Device, string? Reason);
}

/// <summary>One device of <see cref="TestDevices.All"/>.</summary>
public sealed class TestDevice(string name, Func<Device?> open, Func<string?> missingReason)
{
    public string Name { get; } = name;

    /// <summary>The shared device; ignores the running test where it is missing.</summary>
    public Device Open()
    {
        if (missingReason() is { } reason) Assert.Ignore($"{Name}: {reason}");
        var device = open() ?? throw new InvalidOperationException($"{Name} is null and gives no reason.");
        device.AbortCapture(); // left by a test that failed
        return device;
    }

    public override string ToString() => Name;
}
