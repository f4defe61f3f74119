using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>The edges of a captured graph against the order that the declarations ask for, by brute force.</summary>
public class GraphEdgesTests
{
    private CpuDevice _device = null!;
    private DeviceBuffer[] _buffers = null!;

    [SetUp]
    public void Open()
    {
        _device = new CpuDevice(new CpuOptions(Threads: 1));
        _buffers = [.. Enumerable.Range(0, 3).Select(i => _device.Allocate(24, $"buffer {i}"))];
    }

    [TearDown]
    public void Close() => _device.Dispose();

    [Test]
    public void IndependentBranchesRunSideBySide()
    {
        var x = _buffers[0];
        var y = _buffers[1];
        // 0 writes x; 1 and 2 read it and write two halves of y; 3 reads y whole; 4 is on its own
        int[][] edges = Edges(
            [Access.Write(x.All)],
            [Access.Read(x.All), Access.Write(y.Range(0, 12))],
            [Access.Read(x.All), Access.Write(y.Range(12, 12))],
            [Access.Read(y.All)],
            [Access.Update(_buffers[2].All)]);
        Assert.That(edges, Is.EqualTo(new[] { Array.Empty<int>(), [0], [0], [1, 2], [] }));
    }

    [Test]
    public void AWriterWaitsForEveryReaderSinceTheLastWrite()
    {
        var x = _buffers[0].All;
        int[][] edges = Edges([Access.Read(x)], [Access.Read(x)], [Access.Update(x)], [Access.Read(x)], [Access.Write(x)]);
        Assert.That(edges, Is.EqualTo(new[] { Array.Empty<int>(), [], [0, 1], [2], [3] }));
    }

    [Test]
    public void WhatAChainSaysIsNotSaidTwice()
    {
        var x = _buffers[0].All;
        var y = _buffers[1].All;
        int[][] edges = Edges([Access.Write(x), Access.Write(y)], [Access.Update(x)], [Access.Update(x), Access.Read(y)], [Access.Read(x), Access.Update(y)]);
        Assert.That(edges, Is.EqualTo(new[] { Array.Empty<int>(), [0], [1], [2] }));
    }

    [Test]
    public void EmptyRangesOrderNothing() => Assert.That(Edges([Access.Write(_buffers[0].Range(3, 0))], [Access.Write(_buffers[0].All)])[1], Is.Empty);

    [Test]
    public void TheClosureIsTheConflictOrderAndNoEdgeIsTooMany()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<byte[][]>(), launches =>
        {
            Access[][] accesses = [.. launches.Select(Decode)];
            int[][] edges = Edges(accesses);
            bool[,] wanted = Closure(accesses.Length, (i, j) => accesses[i].Any(a => accesses[j].Any(b => a.Range.Bytes > 0 && b.Range.Bytes > 0 && a.ConflictsWith(b))));
            bool[,] got = Closure(accesses.Length, (i, j) => edges[j].Contains(i));
            for (int i = 0; i < accesses.Length; i++)
            {
                for (int j = 0; j < accesses.Length; j++)
                {
                    if (wanted[i, j] != got[i, j]) return false.Label($"order {i} -> {j}: wanted {wanted[i, j]}, got {got[i, j]}");
                }

                foreach (int earlier in edges[i])
                {
                    if (edges[i].Any(other => got[earlier, other])) return false.Label($"edge {earlier} -> {i} says what a path says");
                }
            }

            return true.ToProperty();
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(40), property);
    }

    [Test]
    public void RoundsOfAListHaveTheEdgesOfTheListWrittenOut()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<byte[][]>(), launches =>
        {
            Access[][] accesses = [.. launches.Select(Decode)];
            for (int times = 1; times <= 4; times++)
            {
                int[][] written = Edges([.. Enumerable.Repeat(accesses, times).SelectMany(round => round)]), rounds = Edges(times, accesses);
                if (!written.Zip(rounds).All(pair => pair.First.SequenceEqual(pair.Second)) || written.Length != rounds.Length) return false.Label($"{times} rounds");
            }

            return true.ToProperty();
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(20), property);
    }

    [Test]
    public void ALongStepIsDoneQuickly()
    {
        // 4000 launches that all read one buffer and write their own stretch of another, twice
        using var wide = _device.Allocate(4000 * 8, "wide");
        var launches = Enumerable.Range(0, 8000).Select(i => new[] { Access.Read(_buffers[0].All), Access.Write(wide.Range(i % 4000 * 8, 8)) }).ToArray();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        int[][] edges = Edges(launches);
        TestContext.Out.WriteLine($"8000 launches: {watch.ElapsedMilliseconds} ms");
        Assert.That(edges.Take(4000), Is.All.Empty);
        Assert.That(edges.Skip(4000).Select((waits, i) => waits.Single() == i), Is.All.True);
    }

    private Access[] Decode(byte[] bytes) => [.. bytes.Chunk(3).Where(chunk => chunk.Length == 3).Select(chunk =>
    {
        var buffer = _buffers[chunk[0] % 3];
        int start = chunk[1] % 24, length = chunk[2] / 3 % 8;
        return new Access(buffer.Range(start, Math.Min(length, 24 - start)), (AccessMode)(chunk[2] % 3));
    })];

    private int[][] Edges(params Access[][] launches) => Edges(1, launches);

    private unsafe int[][] Edges(int times, Access[][] launches)
    {
        _device.BeginCapture();
        try
        {
            int argument = 0;
            foreach (var accesses in launches) _device.Recorder!.Add(this, "launch", default, typeof(int), &argument, sizeof(int), accesses);
            return GraphEdges.Of(_device.Recorder!, times);
        }
        finally
        {
            _device.AbortCapture();
        }
    }

    private static bool[,] Closure(int count, Func<int, int, bool> edge)
    {
        var reach = new bool[count, count];
        for (int j = 0; j < count; j++)
        {
            for (int i = j - 1; i >= 0; i--)
            {
                if (!edge(i, j)) continue;
                reach[i, j] = true;
                for (int k = 0; k < i; k++) reach[k, j] |= reach[k, i];
            }
        }

        return reach;
    }
}
