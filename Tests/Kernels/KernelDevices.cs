using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels;

/// <summary>Where kernel tests run: all devices, and the emulator's checked build.</summary>
internal static class KernelDevices
{
    public static IEnumerable<TestDevice> All =>
        TestDevices.All.Append(new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason));
}

/// <summary>Runs the test on each of <see cref="KernelDevices.All"/>.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class EachDeviceAttribute() : ValueSourceAttribute(typeof(KernelDevices), nameof(KernelDevices.All));

/// <summary>Runs the test for float and double.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class EachRealAttribute() : ValuesAttribute(DType.Float32, DType.Float64);
