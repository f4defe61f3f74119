using System.Runtime.InteropServices;
using System.Text;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Tests.Kernels.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Simt;

/// <summary>Blocks of a cluster exchange numbers in rounds: with the results of plain loops, and found out where a barrier or a second place is missing.</summary>
[Parallelizable]
public class ClusterTests
{
    private const string File = "Tests/Kernels/Simt/cluster.cu";
    private const int Blocks = 24, Lanes = 64, Cluster = 8, Rounds = 5;

    [StructLayout(LayoutKind.Sequential)]
    private struct ClusterArgs
    {
        public ulong X, Ring, Y;
        public int Rounds;
    }

    [TestCaseSource(typeof(SimtTests), nameof(SimtTests.Devices))]
    public void Rounds_through_each_others_shared_memory(TestDevice which) =>
        Assert.That(Run(Device(which), "exchange"), Is.EqualTo(Expected(narrow: true)));

    [TestCaseSource(typeof(SimtTests), nameof(SimtTests.Devices))]
    public void Rounds_through_global_memory(TestDevice which) =>
        Assert.That(Run(Device(which), "ring"), Is.EqualTo(Expected(narrow: false)));

    [TestCaseSource(typeof(SimtTests), nameof(SimtTests.Devices))]
    public void An_array_that_blocks_come_to_at_different_times(TestDevice which)
    {
        uint[] x = Values(), y = Run(Device(which), "late_array");
        for (int i = 0; i < y.Length; i++)
        {
            int block = i / Lanes, from = (block / Cluster * Cluster) + ((block + Cluster - 1) % Cluster);
            Assert.That(y[i], Is.EqualTo(x[(from * Lanes) + (i % Lanes)] + (uint)(from % 2)), $"element {i}");
        }
    }

    [TestCase("exchange", 1, 0, "shared ")]
    [TestCase("ring", 1, 0, "of Ring[0..")]
    [TestCase("ring", 2, 1, "with no barrier between")]
    public void In_every_order_a_place_too_few_and_a_strangers_ring_are_races(string entry, int places, int cross, string says)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        for (int order = 0; order < 3; order++)
        {
            using var device = new GpuDevice(OneOrder(order));
            var thrown = Assert.Throws<KernelFaultException>(() => Run(device, entry, places, cross), $"order {order}");
            Assert.That(thrown!.Message, Does.Contain("race: ").And.Contains(says));
        }
    }

    [Test]
    public void A_cooperative_grid_of_clusters_is_refused()
    {
        var device = (GpuDevice)new TestDevice("simt", () => TestDevices.Simt, () => TestDevices.SimtMissingReason).Open();
        var args = new ClusterArgs();
        var thrown = Assert.Throws<EngineException>(() => device.Launch(Kernel("ring", 2, 0), new LaunchShape(8, 1, 1, Lanes, Cooperative: true), ref args, []));
        Assert.That(thrown!.Message, Does.Contain("a cooperative grid in clusters of 8"));
    }

    /// <summary>What no kernel of ours uses yet, NVRTC must take all the same.</summary>
    [Test]
    public void Nvrtc_compiles_stores_into_another_block()
    {
        var nvrtc = NvrtcTests.Require();
        string text = KernelSource.Load(File).Text;
        string ptx = Encoding.UTF8.GetString(nvrtc.Compile(File, text, ["PLACES=2", "CROSS=0"], CudaArch.Parse("compute_90a")).Image);
        Assert.That(ptx, Does.Contain("mapa.shared::cluster.u32").And.Contains("st.shared::cluster.b32"));
        var machine = nvrtc.Compile(File, text, ["PLACES=2", "CROSS=0"], CudaArch.Parse("sm_90a"));
        Assert.That(machine.Entries.Select(entry => entry.SpillBytes), Is.All.Zero.And.Exactly(3).Items);
    }

    /// <summary>A checked device whose launches run in one order, which is not always the first.</summary>
    internal static SimtDriver OneOrder(int order)
    {
        var driver = SimtDriver.Open(new SimtOptions(Checked: true));
        driver.Order = order;
        return driver;
    }

    private static GpuDevice Device(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        if (device.Driver.Arch != 90) Assert.Ignore("clusters are sm_90's");
        return device;
    }

    private static GpuKernel Kernel(string entry, int places, int cross) =>
        new(File, entry, typeof(ClusterArgs), $"PLACES={places}", $"CROSS={cross}") { MinArch = 90, ArchSpecific = true };

    private static uint[] Run(GpuDevice device, string entry, int places = 2, int cross = 0)
    {
        uint[] x = Values(), y = new uint[x.Length];
        using var input = device.Allocate(x.Length * 4, "X");
        using var ring = device.Allocate(x.Length * places * 4, "Ring");
        using var output = device.Allocate(x.Length * 4, "Y");
        device.Upload<uint>(x, input.All);
        device.Upload<uint>(new uint[x.Length * places], ring.All);
        var args = new ClusterArgs { X = input.All.Address, Ring = ring.All.Address, Y = output.All.Address, Rounds = Rounds };
        device.Launch(Kernel(entry, places, cross), LaunchShape.Linear(Blocks, Lanes), ref args, [Access.Read(input.All), Access.Update(ring.All), Access.Write(output.All)]);
        device.Download(output.All, y.AsSpan());
        return y;
    }

    private static uint[] Expected(bool narrow)
    {
        uint[] now = Values();
        for (int round = 0; round < Rounds; round++)
        {
            uint[] before = now;
            now = [.. before.Select((value, i) =>
            {
                int first = i / (Lanes * Cluster) * Cluster;
                for (int rank = 0; rank < Cluster; rank++)
                {
                    int from = (first + rank) * Lanes;
                    value = unchecked((value * 31) + before[from + (((i % Lanes) + rank) % Lanes)]);
                    if (narrow) value = unchecked(value + (before[from] % 1000) - (before[from + 1] % 1000));
                }

                return value;
            })];
        }

        return now;
    }

    private static uint[] Values()
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, Blocks * Lanes).Select(_ => (uint)random.NextInt64(1L << 32))];
    }
}
