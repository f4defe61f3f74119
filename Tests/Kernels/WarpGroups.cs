using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels;

/// <summary>Devices for tests of the products of warp groups.</summary>
internal static class WarpGroups
{
    /// <summary>As <see cref="TestDevice.Open"/>; ignores the running test where the device, or its compiler, has no such instructions.</summary>
    public static GpuDevice OpenWithWarpGroups(this TestDevice testDevice)
    {
        var device = (GpuDevice)testDevice.Open();
        if (device.Driver.Arch != WgmmaTile.Arch) Assert.Ignore($"wgmma needs compute capability 9.0; this GPU has {device.Driver.Arch / 10}.{device.Driver.Arch % 10}.");
        if (!WgmmaTile.RunsOn(device.Driver)) Assert.Ignore("wgmma needs NVRTC 12 or newer.");
        return device;
    }
}
