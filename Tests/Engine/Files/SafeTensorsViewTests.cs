using System.Buffers.Binary;
using System.Text;
using GenEngine.Files;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Files;

/// <summary>Tensors looked at in the mapped file, and the corners of the format that the reader has to know.</summary>
public class SafeTensorsViewTests
{
    private static readonly float[] s_floats = [1.5f, -2, float.NaN, 1e-45f];
    private static readonly ushort[] s_bfloats = [0x3F80, 0xC000];

    [Test]
    public void WhatIsAlignedIsLookedAtInPlace()
    {
        using var folder = new TemporaryFolder();
        Write(folder["w"]);
        using var file = SafeTensorsReader.Open(folder["w"]);
        Assert.That(file.TryView<float>("f", out var floats));
        Assert.That(floats.ToArray().Select(BitConverter.SingleToInt32Bits), Is.EqualTo(s_floats.Select(BitConverter.SingleToInt32Bits)));
        Assert.That(file.TryView<double>("d", out var doubles));
        Assert.That(doubles.ToArray(), Is.EqualTo(new[] { Math.PI }));
        Assert.That(file.TryView<byte>("b", out var bytes));
        Assert.That(bytes.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(file.TryView<long>("n", out var scalar));
        Assert.That(scalar.ToArray(), Is.EqualTo(new[] { long.MinValue }));
        Assert.That(file.TryView<float>("none", out var none));
        Assert.That(none.Length, Is.Zero);
        Assert.That(file.ReadAsDouble("bf"), Is.EqualTo(new[] { 1.0, -2.0 }));
        Assert.That(file.ReadAsDouble("h"), Is.EqualTo(new[] { 1.5, 65504.0 }));
        Assert.That(file.ReadAsDouble("d"), Is.EqualTo(new[] { Math.PI }));
        Assert.That(file.ReadAsDouble("f")[..2], Is.EqualTo(new[] { 1.5, -2.0 }));
        Assert.That(Assert.Throws<EngineException>(() => file.TryView<float>("d", out _))!.Message, Does.Contain("F64, not F32"));
        Assert.That(Assert.Throws<EngineException>(() => file.TryView<float>("g", out _))!.Message, Does.Contain("Unknown tensor"));
        Assert.That(Assert.Throws<EngineException>(() => file.ReadAsDouble("n"))!.Message, Does.Contain("I64"));
    }

    [Test]
    public void WhatIsNotAlignedIsRead()
    {
        using var folder = new TemporaryFolder();
        string header = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";
        while (header.Length % 4 == 0) header += " ";
        byte[] data = new byte[8];
        BinaryPrimitives.WriteSingleLittleEndian(data, 3);
        BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4), -7);
        File.WriteAllBytes(folder["odd"], WithLength(Encoding.UTF8.GetBytes(header), data));
        using var file = SafeTensorsReader.Open(folder["odd"]);
        Assert.That(file.TryView<float>("a", out _), Is.False);
        Assert.That(file.Read<float>("a"), Is.EqualTo(new[] { 3f, -7f }));
        Assert.That(file.ReadAsDouble("a"), Is.EqualTo(new[] { 3.0, -7.0 }));
    }

    [TestCase("{}")]
    [TestCase("""{"__metadata__":{}}""")]
    [TestCase("""{"a":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[4,0],"data_offsets":[0,0]}}""")]
    public void AFileWithoutDataIsAFile(string header)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["nothing"], WithLength(Encoding.UTF8.GetBytes(header), []));
        using var file = SafeTensorsReader.Open(folder["nothing"]);
        foreach (var tensor in file.Tensors) Assert.That(tensor.Count, Is.Zero);
        if (!file.Contains("a")) return;
        Assert.That(file.TryView<float>("a", out var view));
        Assert.That(view.Length, Is.Zero);
        Assert.That(file.ReadAsDouble("a"), Is.Empty);
        Assert.That(file.Read<byte>("b"), Is.Empty);
    }

    [Test]
    public void SeveralThreadsMayRead()
    {
        using var folder = new TemporaryFolder();
        float[] values = [.. Enumerable.Range(0, 20_000).Select(i => (float)i)];
        SafeTensors.Write(folder["w"], [SafeTensor.Of<float>("w", values, values.Length)]);
        using var file = SafeTensorsReader.Open(folder["w"]);
        Parallel.For(0, 16, i =>
        {
            if (i % 2 == 0) Assert.That(file.Read<float>("w"), Is.EqualTo(values));
            else Assert.That(file.TryView<float>("w", out var view) && view.SequenceEqual(values));
        });
    }

    [Test]
    public void AFileThatIsReplacedStaysWhatItWasForItsReader()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("Windows lets no file be replaced that somebody has open");
        using var folder = new TemporaryFolder();
        Write(folder["w"]);
        using var file = SafeTensorsReader.Open(folder["w"]);
        Assert.That(file.TryView<double>("d", out var before));
        SafeTensors.Write(folder["w"], [SafeTensor.Of<double>("d", new double[] { 5 }, 1)]);
        Assert.That(file.TryView<double>("d", out var after));
        Assert.That((before[0], after[0], file.Read<double>("d")[0]), Is.EqualTo((Math.PI, Math.PI, Math.PI)));
        using var anew = SafeTensorsReader.Open(folder["w"]);
        Assert.That(anew.Read<double>("d"), Is.EqualTo(new[] { 5.0 }));
    }

    [Test]
    public void WhatCannotBeMappedIsNot()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["short"], new byte[100]);
        using var handle = File.OpenHandle(folder["short"]);
        Assert.That(MappedFile.TryOpen(folder["short"], handle, 0), Is.Null, "an empty file has no page");
        Assert.That(MappedFile.TryOpen(folder["short"], handle, 200), Is.Null, "it has become shorter since it was measured");
        using var map = MappedFile.TryOpen(folder["short"], handle, 100);
        Assert.That(map, Is.Not.Null);
        Write(folder["w"]);
        var file = SafeTensorsReader.Open(folder["w"]);
        Assert.That(file.TryView<double>("d", out _));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.TryView<double>("d", out _));
    }

    [Test]
    public void AFileThatIsCutShortWhileItIsReadIsAnErrorWhereItIsNotMapped()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Write(folder["w"], [SafeTensor.Of<float>("a", new float[1000], 1000)]);
        using var file = SafeTensorsReader.Open(folder["w"], mapped: false);
        Assert.That(file.TryView<float>("a", out _), Is.False);
        Assert.That(file.ReadAsDouble("a"), Has.Length.EqualTo(1000).And.All.Zero);
        if (OperatingSystem.IsWindows()) return; // nobody can cut it there
        using (var cut = File.OpenHandle(folder["w"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) RandomAccess.SetLength(cut, 500);
        Assert.That(Assert.Throws<EngineException>(() => file.ReadAsDouble("a"))!.Message, Does.Contain("ended while being read"));
    }

    private static IEnumerable<TestCaseData> Malformed()
    {
        static TestCaseData Case(string name, byte[] header, int data, string says) => new TestCaseData(header, data, says).SetArgDisplayNames(name);
        static byte[] Json(string text) => Encoding.UTF8.GetBytes(text);

        yield return Case("empty metadata twice", Json("""{"__metadata__":{},"__metadata__":{}}"""), 0, "metadata is there twice");
        yield return Case("a note twice", Json("""{"__metadata__":{"k":"v","k":"w"}}"""), 0, "'k' is there twice");
        yield return Case("one name in two spellings", Json("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"""), 2, "'a' is there twice");
        yield return Case("a name that is not UTF-8", [.. Json("{\""), 0xFF, 0xFE, .. Json("\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}")], 1, "UTF-8");
        yield return Case("a note that is not UTF-8", [.. Json("{\"__metadata__\":{\"k\":\""), 0xC3, 0x28, .. Json("\"}}")], 0, "UTF-8");
        yield return Case("half a surrogate pair", Json("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"""), 1, "JSON");
        yield return Case("metadata that is no object", Json("""{"__metadata__":"k"}"""), 0, "JSON");
        yield return Case("a byte order mark", [0xEF, 0xBB, 0xBF, .. Json("{}")], 0, "begin with");
        yield return Case("a space first", Json(" {}"), 0, "begin with");
        yield return Case("two values", Json("{}{}"), 0, "JSON");
        yield return Case("zeros behind the header", [.. Json("{}"), 0, 0], 0, "JSON");
        yield return Case("a comment", Json("""{"a":{"dtype":"U8","shape":[1]/*1*/,"data_offsets":[0,1]}}"""), 1, "JSON");
        yield return Case("a trailing comma", Json("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}"""), 1, "JSON");
        yield return Case("a dtype that is null", Json("""{"a":{"dtype":null,"shape":[1],"data_offsets":[0,1]}}"""), 1, "dtype");
        yield return Case("three offsets", Json("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}"""), 1, "lacks");
        yield return Case("a negative offset", Json("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}"""), 1, "-1");
        yield return Case("an offset in a string", Json("""{"a":{"dtype":"U8","shape":[1],"data_offsets":["0",1]}}"""), 1, "whole number");
        yield return Case("an offset beyond 64 bits", Json("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551616]}}"""), 1, "whole number");
        yield return Case("nothing in the midst of another", Json("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}"""), 2, "overlap");
        yield return Case("a side of 2^31", Json("""{"a":{"dtype":"U8","shape":[2147483648,0],"data_offsets":[0,0]}}"""), 0, "beyond all memory");
        yield return Case("empty, but too large", Json("""{"a":{"dtype":"F64","shape":[2000000000,2000000000,2000000000,0],"data_offsets":[0,0]}}"""), 0, "beyond all memory");
        yield return Case("deep JSON", Json("""{"a":""" + new string('[', 100) + new string(']', 100) + "}"), 0, "JSON");
    }

    [TestCaseSource(nameof(Malformed))]
    public void ReadingIsStrict(byte[] header, int data, string says)
    {
        using var folder = new TemporaryFolder();
        string path = folder["bad.safetensors"];
        File.WriteAllBytes(path, WithLength(header, new byte[data]));
        var thrown = Assert.Throws<EngineException>(() => SafeTensorsReader.Open(path).Dispose());
        Assert.That(thrown!.Message, Does.Contain(path).And.Contain(says));
    }

    private static void Write(string path) => SafeTensors.Write(path,
    [
        SafeTensor.Of<float>("f", s_floats, 2, 2), SafeTensor.Of<double>("d", new double[] { Math.PI }, 1), SafeTensor.Of<byte>("b", new byte[] { 1, 2, 3 }, 3),
        SafeTensor.Of<long>("n", new long[] { long.MinValue }), SafeTensor.Of<float>("none", Array.Empty<float>(), 3, 0), SafeTensor.OfBFloat16("bf", s_bfloats, 2),
        SafeTensor.Of<Half>("h", new Half[] { (Half)1.5, Half.MaxValue }, 2),
    ]);

    private static byte[] WithLength(byte[] header, byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }
}
