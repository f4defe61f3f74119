using GenEngine.Data;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

/// <summary>Windows on the device: an evaluation predicts each code once from a whole field, and what does not fit is refused by name.</summary>
public sealed class DeviceSequenceTests
{
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All))]
    public void An_evaluation_predicts_each_code_once_from_a_whole_field(TestDevice target)
    {
        using var context = new Context(target.Open(), seed: 1);
        byte[][] clips = [[.. Enumerable.Range(0, 40).Select(i => (byte)i)], [1, 2, 3], [.. Enumerable.Range(100, 23).Select(i => (byte)i)], [.. Enumerable.Range(200, 9).Select(i => (byte)i)]];
        var data = new SequenceDataset("made", "test", SequenceKind.Audio, clips, [0, 1, 1, 0], ["a", "b"]);
        foreach (var (window, field, batch) in ((int, int, int)[])[(12, 5, 4), (5, 5, 3), (12, 1, 5), (13, 12, 1)])
        {
            using var sequences = new DeviceSequences(context, data, window);
            using var pass = sequences.Evaluate(field);
            var predicted = new List<int>();
            for (long start = 0; start < pass.Count; start += batch)
            {
                using var step = context.BeginStep();
                var made = pass.Batch(start, batch);
                int[] heard = Ints(made.Codes), next = Ints(made.Targets!), labels = Ints(made.Labels!);
                for (int row = 0; row < Math.Min(batch, pass.Count - start); row++)
                {
                    var (first, length, code) = pass.Counted(start + row);
                    int clip = Array.FindLastIndex(data.Offsets, offset => offset <= code);
                    Assert.That(labels[row], Is.EqualTo(data.Labels![clip]));
                    for (int i = 0; i < length; i++)
                    {
                        predicted.Add(code + i);
                        Assert.That(next[(row * window) + first + i], Is.EqualTo(data.Codes[code + i]));
                        for (int back = 0; back < field; back++) Assert.That(heard[(row * window) + first + i - back], Is.EqualTo(data.Codes[code + i - 1 - back]));
                    }
                }
            }

            var wanted = from clip in Enumerable.Range(0, data.Clips) from code in Enumerable.Range(data.Offsets[clip], data.Offsets[clip + 1] - data.Offsets[clip]) where code - data.Offsets[clip] >= field select code;
            Assert.That(predicted, Is.EqualTo(wanted), $"window {window}, field {field}");
            Assert.That(pass.Predicted, Is.EqualTo(predicted.Count));
        }
    }

    [Test]
    public void Windows_and_fields_that_fit_nowhere_are_refused()
    {
        using var context = new Context(TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1), seed: 1);
        var data = new SequenceDataset("made", "train", SequenceKind.Audio, [new byte[10], new byte[20]]);
        Assert.That(Assert.Throws<EngineException>(() => new DeviceSequences(context, data, 20))!.Message, Does.Contain("20").And.Contain("--window").And.Contain("joined"));
        using var sequences = new DeviceSequences(context, data, 19);
        Assert.That(sequences.Count, Is.EqualTo(1));
        Assert.That(Assert.Throws<EngineException>(() => sequences.Evaluate(25))!.Message, Does.Contain("25").And.Contain("longer than every clip"));
        using var joined = new DeviceSequences(context, data.Joined(), 25);
        Assert.That(joined.Count, Is.EqualTo(5));
        using var longer = new DeviceSequences(context, new SequenceDataset("made", "train", SequenceKind.Text, [new byte[10], new byte[22]]), 21);
        Assert.That(() => longer.Evaluate(21), Throws.Nothing);
        using var shorter = new DeviceSequences(context, new SequenceDataset("made", "train", SequenceKind.Text, [new byte[22]]), 7);
        Assert.That(Assert.Throws<EngineException>(() => shorter.Evaluate(8))!.Message, Does.Contain("window"));
    }

    private static int[] Ints(Tensor tensor)
    {
        var values = new int[tensor.Count];
        tensor.Context.Device.Download<int>(tensor.Range, values);
        return values;
    }
}
