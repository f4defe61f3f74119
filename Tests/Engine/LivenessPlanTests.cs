using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

[Parallelizable]
public sealed class LivenessPlanTests
{
    [Test]
    public void Blocks_that_live_at_the_same_time_never_share_memory()
    {
        using var device = new CpuDevice();
        using var context = new Context(device);
        var sizes = Gen.Choose(1, 40).Select(n => n * 256L);
        var interval = Gen.Choose(0, 30).SelectMany(first => Gen.Choose(0, 12).Select(length => (First: first, Last: first + length)));
        var blocks = sizes.SelectMany(size => interval.Select(time => (Size: size, time.First, time.Last))).ListOf();
        Prop.ForAll(blocks.ToArbitrary(), list =>
        {
            var lifetimes = new BlockLifetimes();
            foreach (var (size, first, last) in list)
            {
                using var step = context.BeginStep();
                var block = context.NewScratch(size, "block");
                lifetimes.Add(block, size);
                lifetimes.Blocks[^1].Touch(first);
                lifetimes.Blocks[^1].Touch(last);
            }

            var plan = LivenessPlan.Make(lifetimes);
            long[] offsets = [.. list.Select((block, i) => plan.OffsetOf(i, block.Size, "block"))];
            for (int i = 0; i < offsets.Length; i++)
            {
                Assert.That(offsets[i] + list[i].Size, Is.LessThanOrEqualTo(plan.PlannedBytes));
                for (int j = 0; j < i; j++)
                {
                    bool together = list[i].First <= list[j].Last && list[j].First <= list[i].Last;
                    bool apart = offsets[i] + list[i].Size <= offsets[j] || offsets[j] + list[j].Size <= offsets[i];
                    Assert.That(!together || apart, $"blocks {i} and {j}");
                }
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Random launches over random blocks: in the memory of the plan they wait for no more than if no two blocks shared any.</summary>
    [Test]
    public void Where_launches_run_side_by_side_sharing_memory_adds_no_wait()
    {
        using var device = new CpuDevice();
        using var context = new Context(device);
        int shared = 0, tighter = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            using var step = context.BeginStep();
            var lifetimes = new BlockLifetimes();
            var launches = new List<List<(int Block, AccessMode Mode)>>();
            var blocks = new List<(ArenaBlock Block, long Size, int Born)>();
            for (int i = 0; i < 60; i++)
            {
                // writes a block of its own, reads some that are a few launches old, updates one at times
                long size = 256 * random.Next(1, 9);
                blocks.Add((context.NewScratch(size, "block"), size, i));
                lifetimes.Add(blocks[^1].Block, size);
                var uses = new List<(int, AccessMode)> { (i, AccessMode.Write) };
                for (int k = random.Next(3); k > 0; k--)
                {
                    int other = Math.Max(0, i - 1 - random.Next(6));
                    if (other < i && !uses.Exists(use => use.Item1 == other)) uses.Add((other, random.Next(4) == 0 ? AccessMode.Update : AccessMode.Read));
                }

                launches.Add(uses);
                lifetimes.OnLaunch("launch", [.. uses.Select(use => new Access(blocks[use.Item1].Block.Range.Slice(0, blocks[use.Item1].Size), use.Item2))]);
            }

            var plan = LivenessPlan.Make(lifetimes, sideBySide: true);
            var order = new LaunchOrder();
            foreach (var uses in launches)
                order.Add([.. uses.Select(use => new MemoryUse(plan, plan.OffsetOf(use.Block, blocks[use.Block].Size, "block"), blocks[use.Block].Size, use.Mode))]);
            for (int later = 0; later < launches.Count; later++)
                for (int earlier = 0; earlier < later; earlier++)
                    Assert.That(order.Follows(later, earlier), Is.EqualTo(lifetimes.Order.Follows(later, earlier)), $"seed {seed}: launch {later} after launch {earlier}");
            if (plan.PlannedBytes < plan.UnplannedBytes) shared++;
            if (LivenessPlan.Make(lifetimes).PlannedBytes < plan.PlannedBytes) tighter++;
        }

        Assert.That((shared, tighter), Is.EqualTo((60, 60)), "memory is shared all the same, and less than by lifetimes alone");
    }

    /// <summary>Blocks of 100 MB, each read by a launch that nobody waits for: apart they would take gigabytes.</summary>
    [Test]
    public void Much_memory_is_not_given_for_it()
    {
        using var device = new GpuDevice(new DryDriver());
        using var context = new Context(device);
        using var step = context.BeginStep();
        var lifetimes = new BlockLifetimes();
        for (int i = 0; i < 30; i++)
        {
            const long Size = 100 << 20;
            var block = context.NewScratch(Size, "block");
            lifetimes.Add(block, Size);
            lifetimes.OnLaunch("writes", [Access.Write(block.Range)]);
            lifetimes.OnLaunch("reads", [Access.Read(block.Range)]);
        }

        long tight = LivenessPlan.Make(lifetimes).PlannedBytes;
        Assert.That(tight, Is.LessThan(101L << 20));
        Assert.That(LivenessPlan.Make(lifetimes, sideBySide: true).PlannedBytes, Is.LessThanOrEqualTo(Math.Max(512L << 20, tight * 11 / 10)));
    }

    /// <summary>Thirty launches that nobody waits for, 10 MB each: side by side in 300 MB, one after another in 10 where there are no more.</summary>
    [Test]
    public void Where_memory_is_short_launches_wait([Values] bool isShort)
    {
        using var device = new GpuDevice(new DryDriver { MemoryBytes = isShort ? 100 << 20 : 1 << 30 });
        using var context = new Context(device);
        using var program = new StepProgram(context, () =>
        {
            for (int i = 0; i < 30; i++)
            {
                const int Count = 10 << 18;
                var block = context.NewScratch(Count * sizeof(float), "block");
                Fill.Run(device, DType.Float32, block.Range, Count, 1);
                block.Release();
            }
        });
        for (int i = 0; i < 3; i++) program.Run();
        Assert.That((program.IsCaptured, program.PlannedBytes), Is.EqualTo((true, (isShort ? 10L : 300L) << 20)));
    }

    [Test]
    public void A_freed_block_is_used_again_and_neighbours_merge()
    {
        using var device = new CpuDevice();
        var chunk = new FreeListChunk(device.Allocate(1024, "chunk"));
        Assert.That(chunk.TryAllocate(256, out long a) && chunk.TryAllocate(256, out long b) && chunk.TryAllocate(512, out _));
        Assert.That(chunk.TryAllocate(256, out _), Is.False);
        chunk.Free(0, 256);
        chunk.Free(256, 256);
        Assert.That(chunk.TryAllocate(512, out long merged) && merged == 0);
    }
}
