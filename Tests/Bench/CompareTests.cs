using System.Buffers.Binary;
using System.Text;
using GenEngine.Bench;
using GenEngine.Bench.Compare;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

public class CompareTests
{
    private const string Wanted = "GLIBCXX_3.4.32";

    [Test]
    public void OnlyTheNamedVersionOfAnElfFileIsWeakened()
    {
        byte[] before = Elf("GLIBCXX_3.4.30", Wanted, "GLIBC_2.38"), after = [.. before];
        Assert.That(ElfVersionNeeds.Weaken(after, Wanted), Is.EqualTo(1));
        int[] changed = [.. Enumerable.Range(0, before.Length).Where(i => before[i] != after[i])];
        Assert.That(changed, Is.EqualTo(new[] { FlagsOf(1) }));
        Assert.That(after[changed[0]], Is.EqualTo(2));
        Assert.That(ElfVersionNeeds.Weaken(after, "GLIBCXX_9"), Is.Zero);
    }

    [Test]
    public void WhatIsNoElfFileIsRefused() =>
        Assert.That(() => ElfVersionNeeds.Weaken(new byte[100], Wanted), Throws.InstanceOf<InvalidDataException>());

    [Test]
    public void TheMedianIsTheMiddle()
    {
        Assert.That(Stopclock.Median([5, 1, 9]), Is.EqualTo(5));
        Assert.That(Stopclock.Median([4, 1, 9, 2]), Is.EqualTo(3));
        var (median, repeats) = Stopclock.Measure(() => Thread.Sleep(2), 0.02);
        Assert.That(median, Is.GreaterThan(1.5));
        Assert.That(repeats, Is.GreaterThanOrEqualTo(7));
    }

    [Test]
    public void TheNamesAreThoseThatWereAgreed() => Assert.That(Contest.All.Select(contest => contest.Name), Is.EqualTo(new[]
    {
        "gemm-1024", "gemm-128x784x400", "gemm-128x400x784", "adam-10m", "muladd-16m", "addcmul-16m",
        "conv-64-128-k3", "conv-1-64-k4s2", "conv-64-128-k4s2", "deconv-128-64", "deconv-64-1", "masked-32-k3", "masked-1-64-k7",
        "batchnorm-64x32x32", "batchnorm-128x7x7", "crossentropy-256", "gate-64",
        "step-vae", "step-convvae", "step-dcgan", "step-gatedpixelcnn", "step-wavenet",
            "sample-pixelcnn", "sample-pixelcnn-cached", "sample-wavenet", "sample-wavenet-cached", "startup-vae",
    }));

    [Test]
    public void EveryJobOfOursRunsAndHasAFloor()
    {
        using var device = new CpuDevice(new CpuOptions(2));
        foreach (var contest in Contest.All.Where(contest => contest.Create is not null))
        {
            using (var job = contest.Create!(device))
            {
                job.Run();
                Assert.That(job.Flops + job.Bytes, Is.GreaterThan(0), contest.Name);
            }

            Assert.That(device.Memory.LiveBytes, Is.Zero, contest.Name);
        }
    }

    [Test]
    public void CeilingsAreOfThisWorld()
    {
        using var device = new CpuDevice(new CpuOptions(1));
        var ceilings = Ceilings.Measure(device);
        Assert.That(ceilings.FlopsPerSecond, Is.InRange(1e8, 1e13));
        Assert.That(ceilings.BytesPerSecond, Is.InRange(1e8, 1e13));
        Assert.That(ceilings.FloorMs(ceilings.FlopsPerSecond, 0), Is.EqualTo(1000).Within(1e-6));
        Assert.That(ceilings.FloorMs(0, ceilings.BytesPerSecond / 2), Is.EqualTo(500).Within(1e-6));
    }

    // header, three section headers (nothing, needs, strings), then one library with the versions it is asked for
    private static byte[] Elf(params string[] versions)
    {
        const int Sections = 64, Needs = Sections + (3 * 64);
        int strings = Needs + 16 + (16 * versions.Length);
        var text = new StringBuilder("\0");
        var elf = new byte[strings + 200];
        var span = elf.AsSpan();
        "\u007fELF\u0002"u8.CopyTo(span);
        BinaryPrimitives.WriteInt64LittleEndian(span[0x28..], Sections);
        BinaryPrimitives.WriteInt16LittleEndian(span[0x3a..], 64);
        BinaryPrimitives.WriteInt16LittleEndian(span[0x3c..], 3);
        BinaryPrimitives.WriteUInt32LittleEndian(span[(Sections + 64 + 4)..], 0x6ffffffe);
        BinaryPrimitives.WriteInt64LittleEndian(span[(Sections + 64 + 0x18)..], Needs);
        BinaryPrimitives.WriteInt32LittleEndian(span[(Sections + 64 + 0x28)..], 2);
        BinaryPrimitives.WriteInt64LittleEndian(span[(Sections + 128 + 0x18)..], strings);
        BinaryPrimitives.WriteInt16LittleEndian(span[Needs..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(span[(Needs + 2)..], (short)versions.Length);
        BinaryPrimitives.WriteInt32LittleEndian(span[(Needs + 8)..], 16);
        for (int i = 0; i < versions.Length; i++)
        {
            var entry = span[(FlagsOf(i) - 4)..];
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], text.Length);
            BinaryPrimitives.WriteInt32LittleEndian(entry[12..], i + 1 < versions.Length ? 16 : 0);
            text.Append(versions[i]).Append('\0');
        }

        Encoding.ASCII.GetBytes(text.ToString(), span[strings..]);
        return elf;
    }

    private static int FlagsOf(int version) => 64 + (3 * 64) + 16 + (16 * version) + 4;
}
