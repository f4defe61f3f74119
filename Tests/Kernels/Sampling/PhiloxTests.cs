using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Sampling;

/// <summary>Philox4x32-10 gives the known answers of its authors (Random123, kat_vectors) in C# and in the CUDA source.</summary>
[Parallelizable]
public sealed class PhiloxTests
{
    // counter, key; output
    private static readonly uint[][] s_inputs =
    [
        [0, 0, 0, 0, 0, 0],
        [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
        [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
    ];

    private static readonly uint[][] s_outputs =
    [
        [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
        [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
        [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ];

    private static readonly GpuKernel s_probe = new("Tests/Kernels/Sampling/philox_probe.cu", "philox_probe", typeof(PhiloxProbeArgs));

    [Test]
    public void Known_answers()
    {
        for (int i = 0; i < s_inputs.Length; i++)
        {
            uint[] c = s_inputs[i];
            var words = Philox.Words(c[0], c[1], c[2], c[3], c[4], c[5]);
            Assert.That(new[] { words.W0, words.W1, words.W2, words.W3 }, Is.EqualTo(s_outputs[i]));
        }
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Gpus))]
    public void Known_answers_of_the_CUDA_source(TestDevice which)
    {
        var device = (GpuDevice)which.Open();
        using var inputs = device.Allocate(s_inputs.Length * 24, "inputs");
        using var words = device.Allocate(s_inputs.Length * 16, "words");
        device.Upload<uint>(s_inputs.SelectMany(input => input).ToArray(), inputs.All);
        var args = new PhiloxProbeArgs { Inputs = inputs.All.Address, Words = words.All.Address, Count = s_inputs.Length };
        device.Launch(s_probe, LaunchShape.Linear(1, 32), ref args, [Access.Read(inputs.All), Access.Write(words.All)]);
        var answers = new uint[s_inputs.Length * 4];
        device.Download(words.All, answers.AsSpan());
        Assert.That(answers, Is.EqualTo(s_outputs.SelectMany(output => output)));
    }

    /// <summary>Element, offset, stream and seed each reach the counter or the key, in the places that the contract names.</summary>
    [Test]
    public void Counter_and_key_layout()
    {
        var stream = new PhiloxStream(Seed: 0x299f31d0_a4093822, Offset: 0x13198a2e_85a308d3, Stream: 0x03707344);
        Assert.That(stream.Words(0x243f6a88).W2, Is.EqualTo(s_outputs[2][2]));
        Assert.That(stream.Word((0x243f6a88L << 2) + 3), Is.EqualTo(s_outputs[2][3]));
        Assert.That(stream.Uniform(0x243f6a88L << 2), Is.EqualTo(0xd16cfe / 16777216.0));
    }

    private struct PhiloxProbeArgs
    {
        public ulong Inputs;
        public ulong Words;
        public int Count;
    }
}
