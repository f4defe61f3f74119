using System.Numerics;
using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Simt;

/// <summary>The prelude's tensor-core, asynchronous and grid-wide words against plain loops: on the emulator bit for bit, on a GPU to the hardware's rounding.</summary>
[Parallelizable]
public class MachineTests
{
    private const string File = "Tests/Kernels/Simt/machine.cu";

    [StructLayout(LayoutKind.Sequential)]
    private struct MatrixArgs
    {
        public ulong A, B, D;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct GridArgs
    {
        public ulong X, Sums, Y, Bar;
        public int N;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct WordsArgs
    {
        public ulong X, Y, Bins;
        public int N;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct StrideArgs
    {
        public ulong X, Y;
        public int Stride;
    }

    [TestCaseSource(typeof(SimtTests), nameof(SimtTests.Devices))]
    public void Mma_bf16_through_cp_async_and_ldmatrix(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        ushort[] a = [.. Values(16 * 16, 1).Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))];
        ushort[] b = [.. Values(16 * 8, 2).Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))];
        float[] d = Multiply(device, new GpuKernel(File, "mma_bf16", typeof(MatrixArgs), "GRID_SYNC=1") { MinArch = 80 }, MemoryMarshal.AsBytes(a), MemoryMarshal.AsBytes(b));
        Compare(device, d, Array.ConvertAll(a, Widen), Array.ConvertAll(b, Widen), 16);
        static float Widen(ushort v) => BitConverter.UInt32BitsToSingle((uint)v << 16);
    }

    [TestCaseSource(typeof(SimtTests), nameof(SimtTests.Devices))]
    public void Mma_tf32(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        float[] a = Values(16 * 8, 3), b = Values(8 * 8, 4);
        float[] d = Multiply(device, new GpuKernel(File, "mma_tf32", typeof(MatrixArgs), "GRID_SYNC=1") { MinArch = 80 }, MemoryMarshal.AsBytes(a), MemoryMarshal.AsBytes(b));
        Compare(device, d, Array.ConvertAll(a, Round), Array.ConvertAll(b, Round), 8);
        static float Round(float v) => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(v) + 0x1000) & 0xFFFFE000);
    }

    [TestCaseSource(typeof(SimtTests), nameof(SimtTests.Devices))]
    public void Grid_barriers_order_blocks(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        GridSum(device, sync: true, out int[] y, out int expected);
        Assert.That(y, Is.All.EqualTo(expected));
    }

    [Test]
    public void A_missing_grid_barrier_is_a_race()
    {
        var device = Open(() => TestDevices.SimtChecked);
        var thrown = Assert.Throws<KernelFaultException>(() => GridSum(device, sync: false, out _, out _));
        Assert.That(thrown!.Message, Does.Contain("race: ").And.Contains("Sums[0..32]"));
        Assert.Throws<KernelFaultException>(() => GridSum(Open(() => TestDevices.Simt), sync: false, out _, out _));
    }

    [Test]
    public void More_blocks_than_can_be_resident_are_refused()
    {
        var device = Open(() => TestDevices.Simt);
        using var x = device.Allocate(256, "x");
        var args = new GridArgs();
        var shape = new LaunchShape(9, 1, 1, 64, Cooperative: true);
        var thrown = Assert.Throws<EngineException>(() => device.Launch(GridKernel(true), shape, ref args, []));
        Assert.That(thrown!.Message, Does.Contain("ResidentBlocks"));
    }

    [TestCaseSource(typeof(SimtTests), nameof(SimtTests.Devices))]
    public void Atomics_ballot_and_shuffles(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        var random = new Random(9);
        uint[] x = [.. Enumerable.Range(0, 192).Select(_ => (uint)random.NextInt64(1L << 32))];
        using var input = device.Allocate(x.Length * 4, "x");
        using var output = device.Allocate(x.Length * 4, "y");
        using var bins = device.Allocate(32, "bins");
        device.Upload<uint>(x, input.All);
        device.Upload<uint>(new uint[8], bins.All);
        var args = new WordsArgs { X = input.All.Address, Y = output.All.Address, Bins = bins.All.Address, N = x.Length };
        var kernel = new GpuKernel(File, "words", typeof(WordsArgs), "GRID_SYNC=1") { MinArch = 80 };
        device.Launch(kernel, new LaunchShape(3, 1, 1, 64, 64 * 12), ref args, [Access.Read(input.All), Access.Write(output.All), Access.Update(bins.All)]);
        uint[] counts = new uint[8], y = new uint[x.Length];
        device.Download(bins.All, counts.AsSpan());
        device.Download(output.All, y.AsSpan());
        for (int bin = 0; bin < 8; bin++) Assert.That(counts[bin], Is.EqualTo(x.Count(v => (v & 7) == bin)));
        for (int i = 0; i < x.Length; i++) Assert.That(y[i], Is.EqualTo(Words(x, i)), $"element {i}");
    }

    [TestCase(1, 1.0, 1.0)]
    [TestCase(2, 2.0, 2.0)]
    [TestCase(32, 8.0, 32.0)]
    [TestCase(33, 8.0, 1.0)]
    public void Bank_conflicts_and_sectors_are_counted(int stride, double sectors, double passes)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        using var device = new GpuDevice(SimtDriver.Open(new SimtOptions(Checked: true)));
        using var x = device.Allocate(33 * 32 * 4, "x");
        using var y = device.Allocate(32 * 4, "y");
        device.Upload<float>(new float[33 * 32], x.All);
        var args = new StrideArgs { X = x.All.Address, Y = y.All.Address, Stride = stride };
        device.Launch(new GpuKernel(File, "strided", typeof(StrideArgs), "GRID_SYNC=1") { MinArch = 80 }, LaunchShape.Linear(1, 32), ref args, [Access.Read(x.All), Access.Write(y.All)]);
        var sites = ((SimtDriver)device.Driver).AccessSites;
        string[] lines = KernelSource.Load(File).Files[0].Content.Split('\n');
        Assert.That(Excess("// global", false), Is.EqualTo(sectors));
        Assert.That(Excess("// shared", true), Is.EqualTo(passes));

        double Excess(string mark, bool shared)
        {
            int line = 1 + Array.FindIndex(lines, text => text.Contains(mark, StringComparison.Ordinal));
            return sites.Single(site => site.Line == line && site.Shared == shared && site.Access == "read").Excess;
        }
    }

    private static uint Words(uint[] x, int i)
    {
        int t = i % 64, block = i - t, lane = t % 32, warp = i - lane;
        uint y = x[block + 63 - t] ^ x[i], ballot = 0;
        for (int l = 0; l < 32; l++) ballot |= (x[warp + l] & 1) << l;
        y = y * 31 + ballot;
        y = y * 31 + x[warp + (int)(x[i] % 32)];
        y = y * 31 + x[warp + (lane ^ 5)];
        y = y * 31 + x[lane < 3 ? i : i - 3];
        y = y * 31 + x[lane + 7 > 31 ? i : i + 7];
        return y * 31 + (uint)((ulong)x[i] * 0xD2511F53u >> 32) + (uint)BitOperations.PopCount(x[i]) + (uint)BitOperations.LeadingZeroCount(x[i]);
    }

    private static GpuKernel GridKernel(bool sync) => new(File, "grid_sum", typeof(GridArgs), sync ? "GRID_SYNC=1" : "GRID_SYNC=0") { MinArch = 80 };

    private static void GridSum(GpuDevice device, bool sync, out int[] y, out int expected)
    {
        const int Count = 1000, Blocks = 8;
        var kernel = GridKernel(sync);
        Assert.That(device.Driver.ResidentBlocks(kernel, 64, 0), Is.GreaterThanOrEqualTo(Blocks));
        int[] x = [.. Enumerable.Range(0, Count).Select(i => i * 7919 % 1000)];
        using var input = device.Allocate(Count * 4, "X");
        using var sums = device.Allocate(Blocks * 4, "Sums");
        using var output = device.Allocate(Blocks * 4, "Y");
        using var bar = device.Allocate(8, "Bar");
        device.Upload<int>(x, input.All);
        device.Upload<int>(new int[Blocks], sums.All);
        device.Upload<uint>(new uint[2], bar.All);
        var args = new GridArgs { X = input.All.Address, Sums = sums.All.Address, Y = output.All.Address, Bar = bar.All.Address, N = Count };
        device.Launch(kernel, new LaunchShape(Blocks, 1, 1, 64, Cooperative: true), ref args,
            [Access.Read(input.All), Access.Update(sums.All), Access.Write(output.All), Access.Update(bar.All)]);
        y = new int[Blocks];
        device.Download(output.All, y.AsSpan());
        expected = 2 * x.Sum();
    }

    private static float[] Multiply(GpuDevice device, GpuKernel kernel, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        using var left = device.Allocate(a.Length, "A");
        using var right = device.Allocate(b.Length, "B");
        using var product = device.Allocate(16 * 8 * 4, "D");
        device.Upload(a, left.All);
        device.Upload(b, right.All);
        var args = new MatrixArgs { A = left.All.Address, B = right.All.Address, D = product.All.Address };
        device.Launch(kernel, LaunchShape.Linear(1, 32), ref args, [Access.Read(left.All), Access.Read(right.All), Access.Write(product.All)]);
        var d = new float[16 * 8];
        device.Download(product.All, d.AsSpan());
        return d;
    }

    private static void Compare(GpuDevice device, float[] d, float[] a, float[] b, int depth)
    {
        for (int row = 0; row < 16; row++)
        {
            for (int column = 0; column < 8; column++)
            {
                float chain = 0;
                for (int k = 0; k < depth; k++) chain = MathF.FusedMultiplyAdd(a[row * depth + k], b[k * 8 + column], chain);
                float tolerance = device.Kind == DeviceKind.Simt ? 0 : 1e-5f; // the hardware truncates inside one instruction
                Assert.That(d[row * 8 + column], Is.EqualTo(chain).Within(tolerance), $"row {row}, column {column}");
            }
        }
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }

    private static GpuDevice Open(Func<GpuDevice?> device) => (GpuDevice)new TestDevice("simt", device, () => TestDevices.SimtMissingReason).Open();
}
