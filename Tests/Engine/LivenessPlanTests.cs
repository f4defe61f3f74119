using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

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
                (lifetimes.Blocks[^1].First, lifetimes.Blocks[^1].Last) = (first, last);
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
