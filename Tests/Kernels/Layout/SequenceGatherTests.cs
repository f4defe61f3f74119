using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Layout;

/// <summary>Windows hold the codes that they should, from one clip each, and a replay cuts what eager launches cut.</summary>
[TestFixtureSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))]
[Parallelizable]
public class SequenceGatherTests(TestDevice which)
{
    private const ulong Seed = 0x1234_5678_9ABC;

    // the middle clips are too short for a window of any length tested; a window of 5 and its follower fit into a clip of 6 once
    private static readonly int[] s_clips = [9, 1, 2, 70, 6];

    private Device Target => which.Open();

    [TestCase(1, 3, GatherMode.Shuffled), TestCase(5, 7, GatherMode.Shuffled), TestCase(5, 4, GatherMode.Sequential), TestCase(64, 2, GatherMode.Shuffled), TestCase(65, 1, GatherMode.Sequential)]
    public void Every_place_of_every_clip_comes_once_an_epoch(int length, int batch, GatherMode mode)
    {
        using var set = new Clips(Target, s_clips, clip => Math.Max(0, clip - length));
        using var made = new Made(Target, batch, length);
        long count = set.Count;
        var seen = new List<long>();
        while (seen.Count < 2 * count + batch)
        {
            made.Run(set, new SequenceShape(count, s_clips.Length, length, batch) { Mode = mode });
            int[] heard = made.Heard.Get<int>(), next = made.Next.Get<int>(), labels = made.Labels.Get<int>();
            for (int row = 0; row < batch; row++)
            {
                ulong index = (ulong)(seen.Count % count), epoch = (ulong)(seen.Count / count);
                long window = (long)(mode == GatherMode.Shuffled ? Feistel.Permute(index, (ulong)count, Feistel.Key(Seed, epoch), Feistel.HalfBits((ulong)count)) : index);
                var (clip, begin) = set.Of(window, 1);
                Assert.That(labels[row], Is.EqualTo(100 + clip));
                Assert.That(heard[(row * length)..((row + 1) * length)], Is.EqualTo(set.Codes[begin..(begin + length)].Select(code => (int)code)), $"window {window}");
                Assert.That(next[(row * length)..((row + 1) * length)], Is.EqualTo(set.Codes[(begin + 1)..(begin + length + 1)].Select(code => (int)code)), $"window {window}");
                seen.Add(window);
            }

            DataPosition.Advance(Target, set.Position.All, batch);
        }

        for (int epoch = 0; epoch < 2; epoch++) Assert.That(seen.GetRange(epoch * (int)count, (int)count), Is.EquivalentTo(Enumerable.Range(0, (int)count).Select(window => (long)window)));
    }

    [TestCase(GatherMode.EvaluateZero)]
    [TestCase(GatherMode.EvaluateRepeat)]
    public void Windows_of_an_evaluation_end_with_their_clip_and_with_the_set(GatherMode mode)
    {
        const int Length = 5, Stride = 3, Batch = 4;
        using var set = new Clips(Target, s_clips, clip => (clip + Stride - 1) / Stride);
        using var made = new Made(Target, Batch, Length);
        long count = set.Count;
        for (long start = 0; start < count + Batch; start += Batch)
        {
            made.Run(set, new SequenceShape(count, s_clips.Length, Length, Batch) { Mode = mode, Stride = Stride });
            int[] heard = made.Heard.Get<int>(), next = made.Next.Get<int>(), labels = made.Labels.Get<int>();
            for (int row = 0; row < Batch; row++)
            {
                bool empty = start + row >= count && mode == GatherMode.EvaluateZero;
                var (clip, begin) = set.Of(Math.Min(start + row, count - 1), Stride);
                int end = set.Offsets[clip + 1];
                Assert.That(labels[row], Is.EqualTo(empty ? 0 : 100 + clip));
                for (int t = 0; t < Length; t++)
                {
                    Assert.That(heard[(row * Length) + t], Is.EqualTo(empty || begin + t >= end ? 0 : set.Codes[begin + t]), $"window {start + row}, position {t}");
                    Assert.That(next[(row * Length) + t], Is.EqualTo(empty || begin + t + 1 >= end ? 0 : set.Codes[begin + t + 1]), $"window {start + row}, after position {t}");
                }
            }

            DataPosition.Advance(Target, set.Position.All, Batch);
        }
    }

    [Test]
    public void A_replay_cuts_what_eager_launches_cut()
    {
        const int Length = 6, Batch = 3, Steps = 9;
        var device = Target;
        using var set = new Clips(device, s_clips, clip => Math.Max(0, clip - Length));
        using var made = new Made(device, Batch, Length);
        var shape = new SequenceShape(set.Count, s_clips.Length, Length, Batch);
        var eager = new List<int[]>();
        for (int step = 0; step < Steps; step++)
        {
            made.Run(set, shape);
            DataPosition.Advance(device, set.Position.All, Batch);
            eager.Add([.. made.Heard.Get<int>(), .. made.Next.Get<int>()]);
        }

        set.Rewind();
        device.BeginCapture();
        made.Run(set, shape);
        DataPosition.Advance(device, set.Position.All, Batch);
        using var captured = device.EndCapture();
        for (int step = 0; step < Steps; step++)
        {
            captured.Replay();
            Assert.That((int[])[.. made.Heard.Get<int>(), .. made.Next.Get<int>()], Is.EqualTo(eager[step]), $"step {step}");
        }
    }

    [Test]
    public void Contradictions_are_refused()
    {
        using var set = new Clips(Target, s_clips, clip => Math.Max(0, clip - 4));
        using var made = new Made(Target, 3, 4);
        foreach (var shape in (SequenceShape[])[new(0, 5, 4, 3), new(set.Count, 6, 4, 3), new(set.Count, 5, 5, 3), new(set.Count, 5, 4, 4), new(set.Count, 5, 4, 3) { Stride = 0 }])
            Assert.That(() => made.Run(set, shape), Throws.InstanceOf<EngineException>(), shape.ToString());
        Assert.That(
            () => SequenceGather.Run(Target, new(set.Count, 5, 4, 3), set.Bytes.All, set.OffsetTable.All, set.Windows.All, set.Labels.All, set.Position.All, made.Heard.All, made.Next.All, null),
            Throws.InstanceOf<EngineException>());
    }

    /// <summary>Clips on a device; clip c has the class 100 + c.</summary>
    private sealed class Clips : IDisposable
    {
        private readonly Device _device;
        private readonly long[] _windows;

        public Clips(Device device, int[] lengths, Func<int, int> windows)
        {
            _device = device;
            Offsets = new int[lengths.Length + 1];
            _windows = new long[lengths.Length + 1];
            for (int i = 0; i < lengths.Length; i++) (Offsets[i + 1], _windows[i + 1]) = (Offsets[i] + lengths[i], _windows[i] + windows(lengths[i]));
            Codes = [.. Enumerable.Range(0, Offsets[^1]).Select(i => (byte)(1 + (i * 37 % 255)))];
            Bytes = device.Put(Codes);
            OffsetTable = device.Put(Array.ConvertAll(Offsets, offset => (long)offset));
            Windows = device.Put(_windows);
            Labels = device.Put(Enumerable.Range(100, lengths.Length).ToArray());
            Position = device.Allocate(DataPosition.Bytes, "position");
            Rewind();
        }

        public byte[] Codes { get; }

        public int[] Offsets { get; }

        public long Count => _windows[^1];

        public DeviceBuffer Bytes { get; }

        public DeviceBuffer OffsetTable { get; }

        public DeviceBuffer Windows { get; }

        public DeviceBuffer Labels { get; }

        public DeviceBuffer Position { get; }

        public (int Clip, int Begin) Of(long window, int stride)
        {
            int clip = Enumerable.Range(0, Offsets.Length - 1).Single(c => _windows[c] <= window && window < _windows[c + 1]);
            return (clip, Offsets[clip] + ((int)(window - _windows[clip]) * stride));
        }

        public void Rewind() => _device.Upload<DataPosition>([new() { Seed = Seed }], Position.All);

        public void Dispose()
        {
            foreach (var buffer in (DeviceBuffer[])[Bytes, OffsetTable, Windows, Labels, Position]) buffer.Dispose();
        }
    }

    private sealed class Made(Device device, int batch, int length) : IDisposable
    {
        public DeviceBuffer Heard { get; } = device.Allocate(batch * length * sizeof(int), "heard");

        public DeviceBuffer Next { get; } = device.Allocate(batch * length * sizeof(int), "next");

        public DeviceBuffer Labels { get; } = device.Allocate(batch * sizeof(int), "batch labels");

        public void Run(Clips set, in SequenceShape shape) =>
            SequenceGather.Run(device, shape, set.Bytes.All, set.OffsetTable.All, set.Windows.All, set.Labels.All, set.Position.All, Heard.All, Next.All, Labels.All);

        public void Dispose()
        {
            Heard.Dispose();
            Next.Dispose();
            Labels.Dispose();
        }
    }
}
