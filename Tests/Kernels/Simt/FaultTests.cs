using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Simt;

/// <summary>
/// Planted faults: each file of Faults holds a kernel that breaks one rule, on the line marked "reported here", and its mended twin.
/// The checked build names exactly that line (of two that are marked, the one that came second); the mended twin is clean in both builds and all orders.
/// </summary>
public class FaultTests
{
    private const int N = 256;

    [StructLayout(LayoutKind.Sequential)]
    private struct FaultArgs
    {
        public ulong X, Y, U, Hidden;
        public int N;
    }

    /// <param name="Says">What the checked build's message contains.</param>
    /// <param name="Uses">What the launch declares: X and H read, Y written, U updated (u: updated, but never uploaded).</param>
    /// <param name="FastCatches">Whether three orders of the fast build show it too. Null: not run, it would touch memory of others.</param>
    /// <param name="InEveryOrder">Whether any of the orders alone shows it in the checked build.</param>
    public sealed record Fault(string Name, string Says, string Uses, bool? FastCatches, bool InEveryOrder = false)
    {
        public string File => $"Tests/Kernels/Simt/Faults/{Name}.cu";

        public override string ToString() => Name;
    }

    public static IEnumerable<Fault> Faults =>
    [
        new("missing_barrier", "uninitialised: reads byte 508 of shared tile", "XY", true),
        new("missing_second_barrier", "race: writes byte 4 of shared tile, which lane 0 reads", "XY", true),
        new("missing_warp_sync", "race: writes byte 4 of shared tile, which lane 0 reads", "XY", true),
        new("missing_async_wait", "before the copy into it was waited for", "XY", true),
        new("async_wait_without_barrier", "race: reads", "XY", true),
        new("divergent_barrier", "divergent barrier: other lanes of the block wait in block_sync at", "XY", true),
        new("skipped_barrier", "lanes 96-127 has ended", "XY", true),
        new("divergent_shuffle", "lanes of one warp wait in different places: lane 0", "XY", true),
        new("never_written", "never writes byte 12 of Y", "XY", true),
        new("written_twice", "writes byte 0 of Y[0..1024] for the second time", "XY", false),
        new("blocks_write_one_address", "race: writes byte 0 of U[0..1024], which lane 0 of block number 0 writes", "XU", true),
        new("neighbour_in_place", "race: writes byte 4 of U[0..1024], which lane 0 reads", "XU", true),
        new("read_out_of_bounds", "out of bounds: reads 4 bytes at byte 1024 of X[0..1024]", "XY", null),
        new("write_out_of_bounds", "out of bounds: writes 4 bytes at byte 1024 of Y[0..1024]", "Y", null),
        new("shared_out_of_bounds", "out of bounds: writes 4 bytes at byte 508 of shared tile, which has 508 bytes", "XY", false),
        new("undeclared_access", "undeclared access: reads global memory that the launch does not declare (byte 0 of an allocation of 1024)", "XY", false),
        new("undeclared_write", "undeclared access: writes byte 0 of Hidden[0..1024], declared read", "XYH", false),
        new("uninitialised_shared_read", "uninitialised: reads byte 512 of shared tile", "XY", true),
        new("uninitialised_global_read", "uninitialised: reads byte 0 of U", "Yu", false),
        new("missing_mbarrier_wait", "before the copy into it was waited for", "XY", true),
        new("mbarrier_expects_too_much", "lanes 0-127 waits in mbarrier_wait", "XY", true),
        new("bulk_copy_outlives_block", "the block ends while this bulk copy is under way", "XY", true),
        new("wgmma_before_its_operands", "wgmma reads shared memory that a bulk copy is still filling", "XY", true),
        new("missing_wgmma_fence", "wgmma without wgmma_fence", "XY", true),
        new("operand_overwritten_early", "fills shared memory, which the wgmma of lane", "XY", true),
        new("missing_proxy_fence", "tells others of copies that no fence_proxy_async has shown to wgmma", "XY", true),
        new("cluster_ends_early", "reaches into block 1 of the cluster, which has ended", "XY", true),
        new("cluster_store_read_early", "no cluster_sync between", "XY", true, true),
        new("cluster_store_over_reads", "no cluster_sync between", "XY", true, true),
        new("cluster_store_twice", "race: writes byte", "XY", true, true),
        new("cluster_global_read_early", "no cluster_sync between", "XYU", true, true),
        new("cluster_global_write_over_reads", "no cluster_sync between", "XYU", false, true),
        new("cluster_store_no_such_rank", "rank 2 of a cluster of 2 blocks", "XY", true, true),
        new("cluster_store_out_of_bounds", "out of bounds: writes 4 bytes at byte 512 of shared tile, which has 512 bytes", "XY", true, true),
        new("cluster_store_into_ended", "into block 1 of the cluster, which has ended", "XY", true, true),
        new("cluster_store_before_begin", "of the cluster before the first cluster_sync: it may not have begun", "XY", true, true),
        new("cluster_store_left_out", "of shared tile, which nobody has written", "XY", true, true),
        new("missing_group_sync", "of shared tile", "XY", true),
        new("missing_wgmma_wait", "the lane ends before wgmma_wait", "XY", true),
        new("operand_off_its_swizzle", "whose rows do not begin at a multiple of 1024 bytes", "XY", true),
        new("across_off_its_swizzle", "whose k do not begin at a multiple of 1024 bytes", "XY", true),
        new("misaligned_vector", "misaligned: reads 16 bytes at byte 4 of X", "XY", false),
    ];

    [TestCaseSource(nameof(Faults))]
    public void The_checked_build_names_the_line(Fault fault)
    {
        AssertNamed(Checked(), fault);
    }

    public static IEnumerable<Fault> FaultsOfEveryOrder => Faults.Where(fault => fault.InEveryOrder);

    [TestCaseSource(nameof(FaultsOfEveryOrder))]
    public void The_checked_build_names_the_line_in_every_order(Fault fault)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        for (int order = 0; order < 3; order++)
        {
            using var device = new GpuDevice(ClusterTests.OneOrder(order));
            AssertNamed(device, fault);
        }
    }

    /// <summary>Without those that touch memory of others, which only the checked build refuses.</summary>
    public static IEnumerable<Fault> HarmlessFaults => Faults.Where(fault => fault.FastCatches is not null);

    [TestCaseSource(nameof(HarmlessFaults))]
    public void Three_orders_show_it_without_instrumentation(Fault fault)
    {
        var device = Fast();
        if (fault.FastCatches == true) Assert.Throws<KernelFaultException>(() => Run(device, fault, "faulty"));
        else Assert.DoesNotThrow(() => Run(device, fault, "faulty"), "the documentation says that three orders cannot see this");
    }

    [TestCaseSource(nameof(Faults))]
    public void The_mended_twin_is_clean(Fault fault)
    {
        float[] plain = Run(Fast(), fault, "mended");
        float[] shadowed = Run(Checked(), fault, "mended");
        Assert.That(shadowed, Is.EqualTo(plain), "both builds compute the same");
    }

    [Test]
    public void After_a_fault_the_device_works_on()
    {
        var device = Checked();
        var fault = Faults.First(f => f.Name == "skipped_barrier");
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<KernelFaultException>(() => Run(device, fault, "faulty"));
            Assert.DoesNotThrow(() => Run(device, fault, "mended"));
        }
    }

    private static float[] Run(GpuDevice device, Fault fault, string entry)
    {
        using var x = Filled(device, "X");
        using var y = device.Allocate(N * 4, "Y");
        using var u = fault.Uses.Contains('u') ? device.Allocate(N * 4, "U") : Filled(device, "U");
        using var hidden = Filled(device, "Hidden");
        var accesses = new List<Access>();
        if (fault.Uses.Contains('X')) accesses.Add(Access.Read(x.All));
        if (fault.Uses.Contains('Y')) accesses.Add(Access.Write(y.All));
        if (fault.Uses.Contains('U') || fault.Uses.Contains('u')) accesses.Add(Access.Update(u.All));
        if (fault.Uses.Contains('H')) accesses.Add(Access.Read(hidden.All));
        var args = new FaultArgs { X = x.All.Address, Y = y.All.Address, U = u.All.Address, Hidden = hidden.All.Address, N = N };
        var kernel = new GpuKernel(fault.File, entry, typeof(FaultArgs));
        device.Launch(kernel, LaunchShape.Linear(2, 128), ref args, CollectionsMarshal.AsSpan(accesses));
        var result = new float[N];
        device.Download(fault.Uses.Contains('Y') ? y.All : u.All, result.AsSpan());
        return result;
    }

    private static DeviceBuffer Filled(GpuDevice device, string name)
    {
        var buffer = device.Allocate(N * 4, name);
        device.Upload<float>([.. Enumerable.Range(0, N).Select(i => 1 + (i * 37 % 101 / 8f))], buffer.All);
        return buffer;
    }

    private static void AssertNamed(GpuDevice device, Fault fault)
    {
        string message = Assert.Throws<KernelFaultException>(() => Run(device, fault, "faulty"))!.Message;
        Assert.That(MarkedLines(fault).Select(line => $"faulty: {fault.File}:{line}: "), Has.Some.Matches<string>(message.StartsWith), message);
        Assert.That(message, Does.Contain(fault.Says));
    }

    private static IEnumerable<int> MarkedLines(Fault fault) =>
        KernelSource.Load(fault.File).Files[0].Content.Split('\n').Index().Where(line => line.Item.Contains("// reported here", StringComparison.Ordinal)).Select(line => line.Index + 1);

    private static GpuDevice Checked() => (GpuDevice)new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason).Open();

    private static GpuDevice Fast() => (GpuDevice)new TestDevice("simt", () => TestDevices.Simt, () => TestDevices.SimtMissingReason).Open();
}
