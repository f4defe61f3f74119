using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Layout;

/// <summary>Batches hold the items they should, converted as documented, and a replay draws what eager launches draw.</summary>
[TestFixtureSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))]
[Parallelizable]
public class GatherTests(TestDevice which)
{
    private const int Count = 23, Size = 37;

    private Device Target => which.Open();

    [TestCase(GatherMode.Shuffled)]
    [TestCase(GatherMode.Sequential)]
    public void Training_batches_straddle_epochs_and_see_every_item_once_an_epoch(GatherMode mode)
    {
        const int Batch = 10, Steps = 7; // three epochs of 23 and one row
        using var set = new DataSet(Target, Count, Size);
        using var batch = new BatchBuffers(Target, Batch, Size * sizeof(float));
        var shape = new GatherShape(Count, Size, Batch) { Mode = mode };
        var labels = new List<int>();
        for (int step = 0; step < Steps; step++)
        {
            batch.Run(set, DType.Float32, shape);
            Assert.That(batch.Valid.Get<int>()[0], Is.EqualTo(Batch));
            labels.AddRange(batch.Labels.Get<int>());
            float[] rows = batch.Data.Get<float>();
            for (int row = 0; row < Batch; row++)
            {
                int item = labels[(step * Batch) + row];
                Assert.That(rows[(row * Size)..((row + 1) * Size)], Is.EqualTo(set.Item(item).Select(b => b / 255f)));
            }

            DataPosition.Advance(set.Device, set.Position.All, Batch);
        }

        Assert.That(set.Position.Get<ulong>(), Is.EqualTo(new ulong[] { Steps * Batch, DataSet.Seed }));
        for (int i = 0; i < labels.Count; i++)
        {
            ulong epoch = (ulong)(i / Count), index = (ulong)(i % Count);
            ulong expected = mode == GatherMode.Sequential ? index : Feistel.Permute(index, Count, Feistel.Key(DataSet.Seed, epoch), Feistel.HalfBits(Count));
            Assert.That(labels[i], Is.EqualTo((int)expected), $"stream index {i}");
        }

        for (int epoch = 0; epoch < 3; epoch++)
            Assert.That(labels.GetRange(epoch * Count, Count), Is.EquivalentTo(Enumerable.Range(0, Count)));
    }

    [TestCase(GatherMode.EvaluateZero)]
    [TestCase(GatherMode.EvaluateRepeat)]
    public void Evaluation_pads_the_last_batch_and_counts_valid_rows(GatherMode mode)
    {
        const int Batch = 9; // 23 = 9 + 9 + 5
        using var set = new DataSet(Target, Count, Size);
        using var batch = new BatchBuffers(Target, Batch, Size * sizeof(float));
        var shape = new GatherShape(Count, Size, Batch) { Mode = mode, Scale = 2, Shift = -1 };
        foreach (int valid in new[] { 9, 9, 5, 0 })
        {
            int first = (int)set.Position.Get<ulong>()[0];
            batch.Run(set, DType.Float32, shape);
            Assert.That(batch.Valid.Get<int>()[0], Is.EqualTo(valid));
            float[] rows = batch.Data.Get<float>();
            int[] labels = batch.Labels.Get<int>();
            for (int row = 0; row < Batch; row++)
            {
                bool zero = row >= valid && mode == GatherMode.EvaluateZero;
                int item = Math.Min(first + row, Count - 1);
                Assert.That(labels[row], Is.EqualTo(zero ? 0 : item));
                Assert.That(
                    rows[(row * Size)..((row + 1) * Size)],
                    Is.EqualTo(zero ? new float[Size] : set.Item(item).Select(b => (b / 255f * 2) - 1)), $"row {row}");
            }

            DataPosition.Advance(set.Device, set.Position.All, Batch);
        }
    }

    [Test]
    public void A_replay_draws_what_eager_launches_draw()
    {
        const int Batch = 6, Steps = 9;
        var device = Target;
        using var set = new DataSet(device, Count, Size);
        using var batch = new BatchBuffers(device, Batch, Size * sizeof(float));
        var shape = new GatherShape(Count, Size, Batch) { Binarization = Binarization.Dynamic };
        var eager = new List<float[]>();
        for (int step = 0; step < Steps; step++)
        {
            batch.Run(set, DType.Float32, shape);
            DataPosition.Advance(device, set.Position.All, Batch);
            eager.Add(batch.Data.Get<float>());
        }

        set.Rewind();
        device.BeginCapture();
        batch.Run(set, DType.Float32, shape);
        DataPosition.Advance(device, set.Position.All, Batch);
        using var captured = device.EndCapture();
        for (int step = 0; step < Steps; step++)
        {
            captured.Replay();
            Assert.That(batch.Data.Get<float>(), Is.EqualTo(eager[step]), $"step {step}");
        }

        Assert.That(eager[0], Is.Not.EqualTo(eager[1]));
    }

    [Test]
    public void Every_byte_divides_as_in_csharp()
    {
        using var set = new DataSet(Target, 1, 256, i => (byte)i);
        using var floats = new BatchBuffers(Target, 1, 256 * sizeof(float));
        using var doubles = new BatchBuffers(Target, 1, 256 * sizeof(double));
        floats.Run(set, DType.Float32, new GatherShape(1, 256, 1));
        doubles.Run(set, DType.Float64, new GatherShape(1, 256, 1));
        Assert.That(floats.Data.Get<float>(), Is.EqualTo(Enumerable.Range(0, 256).Select(b => b / 255f)));
        Assert.That(doubles.Data.Get<double>(), Is.EqualTo(Enumerable.Range(0, 256).Select(b => b / 255.0)));
    }

    [Test]
    public void Bytes_stay_whole_numbers_in_a_batch_of_int32()
    {
        using var set = new DataSet(Target, 1, 300, i => (byte)i);
        using var batch = new BatchBuffers(Target, 1, 300 * sizeof(int));
        batch.Run(set, DType.Int32, new GatherShape(1, 300, 1));
        Assert.That(batch.Data.Get<int>(), Is.EqualTo(Enumerable.Range(0, 300).Select(i => i & 255)));
        batch.Run(set, DType.Int32, new GatherShape(1, 300, 1) { Binarization = Binarization.Threshold });
        Assert.That(batch.Data.Get<int>(), Is.EqualTo(Enumerable.Range(0, 300).Select(i => (i & 255) > 127 ? 1 : 0)));
    }

    [TestCase(DType.Float32)]
    [TestCase(DType.Float64)]
    public void Float_items_in_overlapping_windows(DType dtype)
    {
        const int Length = 40, Window = 15, Hop = 5, Windows = ((Length - Window) / Hop) + 1;
        var device = Target;
        float[] wave = [.. Enumerable.Range(0, Length).Select(i => MathF.Round(MathF.Sin(i) * 1024) / 1024)];
        using var items = device.Put(wave);
        using var position = device.Put(new DataPosition[] { new() { Next = 1 } });
        using var batch = device.Allocate((Windows - 1) * Window * dtype.Size(), "batch");
        var shape = new GatherShape(Windows, Window, Windows - 1) { Stride = Hop, ItemType = DType.Float32, Mode = GatherMode.Sequential, Scale = 0.5, Shift = 0.25 };
        Gather.Run(device, dtype, shape, items.All, null, position.All, batch.All, null);
        double[] got = dtype == DType.Float64 ? batch.Get<double>() : [.. batch.Get<float>().Select(v => (double)v)];
        Assert.That(got, Is.EqualTo(Enumerable.Range(1, Windows - 1).SelectMany(w => wave[(w * Hop)..((w * Hop) + Window)]).Select(v => (v * 0.5) + 0.25)));
    }

    [Test]
    public void Dynamic_binarisation_draws_each_pixel_with_its_probability_anew_each_epoch()
    {
        const int Epochs = 600, Pixels = 300;
        var device = Target;
        using var set = new DataSet(device, 1, Pixels, i => (byte)(i % 256));
        using var batch = new BatchBuffers(device, Epochs, Pixels * sizeof(float));
        var shape = new GatherShape(1, Pixels, Epochs) { Binarization = Binarization.Dynamic, Stream = 3 };
        batch.Run(set, DType.Float32, shape);
        float[] drawn = batch.Data.Get<float>();
        double standing = 0;
        for (int pixel = 0; pixel < Pixels; pixel++)
        {
            double p = pixel % 256 / 255.0;
            int ones = Enumerable.Range(0, Epochs).Count(epoch => drawn[(epoch * Pixels) + pixel] == 1);
            int zeros = Enumerable.Range(0, Epochs).Count(epoch => drawn[(epoch * Pixels) + pixel] == 0);
            Assert.That(ones + zeros, Is.EqualTo(Epochs));
            if (p is 0 or 1) Assert.That(ones, Is.EqualTo(p * Epochs));
            else standing += Math.Pow(ones - (Epochs * p), 2) / (Epochs * p * (1 - p));
        }

        int free = Pixels - 3; // pixels 0, 255 and 256 are certain
        Assert.That(Math.Abs(standing - free) / Math.Sqrt(2 * free), Is.LessThan(6), "chi-squared in standard deviations");

        for (int i = 0; i < drawn.Length; i += 101)
        {
            int epoch = i / Pixels, pixel = i % Pixels;
            var stream = new PhiloxStream(DataSet.Seed, (ulong)epoch << 32, 3);
            Assert.That(drawn[i], Is.EqualTo(stream.Uniform(pixel) < pixel % 256 / 255f ? 1 : 0), $"epoch {epoch}, pixel {pixel}");
        }
    }

    [Test]
    public void Contradictions_are_refused()
    {
        using var set = new DataSet(Target, Count, Size);
        using var batch = new BatchBuffers(Target, 4, Size * sizeof(float));
        Refused(DType.Float32, new GatherShape(Count + 1, Size, 4));
        Refused(DType.Float32, new GatherShape(Count, Size, 5));
        Refused(DType.Float32, new GatherShape(0, Size, 4));
        Refused(DType.Float32, new GatherShape(Count, Size, 4) { ItemType = DType.Float64 });
        Refused(DType.Int32, new GatherShape(Count, Size, 4) { Scale = 2 });
        Refused(DType.UInt8, new GatherShape(Count, Size, 4));
        Assert.That(
            () => Gather.Run(set.Device, DType.Float32, new GatherShape(Count, Size, 4), set.Items.All, set.Labels.All, set.Position.All, batch.Data.All, null),
            Throws.InstanceOf<EngineException>());

        void Refused(DType dtype, GatherShape shape) => Assert.That(() => batch.Run(set, dtype, shape), Throws.InstanceOf<EngineException>());
    }

    /// <summary>Items on a device; item k's label is k, its position stands at 0.</summary>
    internal sealed class DataSet : IDisposable
    {
        public const ulong Seed = 0x1234_5678_9ABC;
        private readonly byte[] _items;
        private readonly int _size;

        public DataSet(Device device, int count, int size, Func<int, byte>? value = null)
        {
            Device = device;
            _size = size;
            _items = [.. Enumerable.Range(0, count * size).Select(i => value is null ? (byte)((i * 2654435761L) >> 13) : value(i))];
            Items = device.Put(_items, "items");
            Labels = device.Put(Enumerable.Range(0, count).Select(i => (byte)i).ToArray(), "labels");
            Position = device.Allocate(DataPosition.Bytes, "position");
            Rewind();
        }

        public Device Device { get; }

        public DeviceBuffer Items { get; }

        public DeviceBuffer Labels { get; }

        public DeviceBuffer Position { get; }

        public byte[] Item(int index) => _items[(index * _size)..((index + 1) * _size)];

        public void Rewind() => Device.Upload<DataPosition>([new() { Seed = Seed }], Position.All);

        public void Dispose()
        {
            Items.Dispose();
            Labels.Dispose();
            Position.Dispose();
        }
    }

    internal sealed class BatchBuffers(Device device, int rows, int rowBytes) : IDisposable
    {
        public DeviceBuffer Data { get; } = device.Allocate(rows * rowBytes, "batch");

        public DeviceBuffer Labels { get; } = device.Allocate(rows * sizeof(int), "batch labels");

        public DeviceBuffer Valid { get; } = device.Allocate(sizeof(int), "valid");

        public void Run(DataSet set, DType dtype, in GatherShape shape) =>
            Gather.Run(set.Device, dtype, shape, set.Items.All, set.Labels.All, set.Position.All, Data.All, Labels.All, Valid.All);

        public void Dispose()
        {
            Data.Dispose();
            Labels.Dispose();
            Valid.Dispose();
        }
    }
}

/// <summary>The same batch bit for bit on every device.</summary>
public class GatherAgreementTests
{
    [TestCase(Binarization.None, 784)]
    [TestCase(Binarization.Threshold, 61)]
    [TestCase(Binarization.Dynamic, 784)]
    [TestCase(Binarization.Dynamic, 259)]
    public void Devices_agree(Binarization binarization, int size)
    {
        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            LayoutDevices.SameBitsEverywhere(device =>
            {
                const int Batch = 70;
                using var set = new GatherTests.DataSet(device, 50, size);
                using var batch = new GatherTests.BatchBuffers(device, Batch, size * dtype.Size());
                device.Upload<DataPosition>([new() { Next = (1UL << 33) + 7, Seed = 99 }], set.Position.All);
                batch.Run(set, dtype, new GatherShape(50, size, Batch) { Binarization = binarization, Scale = 1.7, Shift = -0.3 });
                return batch.Data.Get<byte>();
            });
        }
    }
}
