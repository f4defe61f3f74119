using System.Buffers.Binary;
using System.Text;
using GenEngine.Files;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Files;

public class SafeTensorsTests
{
    [Test, SetCulture("de-DE")]
    public void RoundTripsEveryType()
    {
        using var folder = new TemporaryFolder();
        string path = folder["权重.safetensors"];
        float[] floats = [0.5f, -0f, float.NaN, float.MaxValue, 1e-45f, 3];
        double[] doubles = [1.5, double.PositiveInfinity];
        int[] ints = [int.MinValue, 7, 0];
        long[] longs = [long.MaxValue];
        byte[] bytes = [1, 2, 3, 4, 5];
        ushort[] bfloats = [0x3F80, 0xC000];
        Half[] halves = [(Half)1.5, Half.MaxValue, Half.Epsilon, Half.NegativeInfinity];
        SafeTensors.Write(path,
        [
            SafeTensor.Of<byte>("a.bytes", bytes, 5), SafeTensor.Of<float>("enc.weight", floats, 2, 3), SafeTensor.Of<double>("d", doubles, 2, 1),
            SafeTensor.Of<int>("权", ints, 3), SafeTensor.Of<long>("step", longs), SafeTensor.OfBFloat16("bf", bfloats, 1, 2),
            SafeTensor.Of<Half>("half", halves, 4),
            SafeTensor.Of<float>("empty", Array.Empty<float>(), 0, 4),
        ], new Dictionary<string, string> { ["model"] = "vae", ["note"] = "ä \"q\"" });

        using SafeTensorsReader file = SafeTensorsReader.Open(path);
        Assert.That(file.Metadata, Is.EquivalentTo(new Dictionary<string, string> { ["model"] = "vae", ["note"] = "ä \"q\"" }));
        Assert.That(file.Tensors, Has.Count.EqualTo(8));
        Assert.That(file["enc.weight"].Shape, Is.EqualTo(new[] { 2, 3 }));
        Assert.That(file["step"].Shape, Is.Empty);
        Assert.That(file.Read<float>("enc.weight").Select(BitConverter.SingleToInt32Bits), Is.EqualTo(floats.Select(BitConverter.SingleToInt32Bits)));
        Assert.That(file.Read<double>("d"), Is.EqualTo(doubles));
        Assert.That(file.Read<int>("权"), Is.EqualTo(ints));
        Assert.That(file.Read<long>("step"), Is.EqualTo(longs));
        Assert.That(file.Read<byte>("a.bytes"), Is.EqualTo(bytes));
        Assert.That(file.ReadAsFloat("bf"), Is.EqualTo(new[] { 1f, -2f }));
        Assert.That(file.Read<Half>("half"), Is.EqualTo(halves));
        Assert.That(file.ReadAsFloat("half"), Is.EqualTo(new[] { 1.5f, 65504f, 5.9604645e-8f, float.NegativeInfinity }));
        Assert.That(file.ReadAsFloat("d"), Is.EqualTo(new[] { 1.5f, float.PositiveInfinity }));
        Assert.That(file.Read<float>("empty"), Is.Empty);
        foreach (SafeTensorInfo tensor in file.Tensors) Assert.That(tensor.Offset % tensor.DType.Size(), Is.Zero, $"{tensor.Name} is not aligned");
    }

    [Test]
    public void TheBytesAreTheFormats()
    {
        using var stream = new MemoryStream();
        SafeTensors.Encode(stream, [SafeTensor.Of<byte>("b", new byte[] { 9 }, 1), SafeTensor.Of<float>("a", new float[] { 1 }, 1)]);
        const string header = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}""";
        string padded = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] wanted = [(byte)padded.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(padded), 0, 0, 0x80, 0x3F, 9];
        Assert.That(stream.ToArray(), Is.EqualTo(wanted));
    }

    [Test]
    public void TheOrderOfTheCallerDoesNotShow()
    {
        SafeTensor[] tensors = [SafeTensor.Of<float>("x", new float[4], 4), SafeTensor.Of<double>("y", new double[2], 2), SafeTensor.Of<float>("a", new float[1], 1)];
        using MemoryStream one = new(), two = new();
        SafeTensors.Encode(one, tensors);
        SafeTensors.Encode(two, tensors.Reverse());
        Assert.That(two.ToArray(), Is.EqualTo(one.ToArray()));
    }

    [Test]
    public void WritingRefusesWhatIsWrong()
    {
        Assert.Throws<ArgumentException>(() => SafeTensor.Of<float>("w", new float[5], 2, 3));
        Assert.Throws<ArgumentException>(() => SafeTensor.Of<float>("__metadata__", new float[1], 1));
        SafeTensor w = SafeTensor.Of<float>("w", new float[1], 1);
        Assert.Throws<ArgumentException>(() => SafeTensors.Encode(new MemoryStream(), [w, w]));
    }

    private static IEnumerable<TestCaseData> Malformed()
    {
        static TestCaseData Case(string name, string header, int data, string says) => new TestCaseData(header, data, says).SetArgDisplayNames(name);

        yield return Case("gap", """{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "gap");
        yield return Case("overlap", """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "overlap");
        yield return Case("trailing bytes", """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 3, "arrays end");
        yield return Case("cut short", """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, "cut short");
        yield return Case("size", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "needs 8 bytes");
        yield return Case("twice", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "twice");
        yield return Case("backwards", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}}""", 2, "offsets are wrong");
        yield return Case("negative side", """{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "-1");
        yield return Case("fraction", """{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1, "1.5");
        yield return Case("overflow", """{"a":{"dtype":"F32","shape":[2000000000,2000000000,2000000000,2000000000],"data_offsets":[0,4]}}""", 4, "beyond all memory");
        yield return Case("unknown key", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}""", 1, "unknown or repeated");
        yield return Case("no dtype", """{"a":{"shape":[1],"data_offsets":[0,1]}}""", 1, "lacks");
        yield return Case("unread type", """{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", 1, "F8_E4M3");
        yield return Case("metadata", """{"__metadata__":{"k":1}}""", 0, "not a string");
        yield return Case("no name", """{"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "without a name");
        yield return Case("metadata twice", """{"__metadata__":{},"__metadata__":{}}""", 0, "metadata is there twice");
        yield return Case("metadata a number", """{"__metadata__":3}""", 0, "metadata");
        yield return Case("a type that is no text", """{"a":{"dtype":7,"shape":[1],"data_offsets":[0,1]}}""", 1, "'a' has the dtype 7");
        yield return Case("a shape that is no list", """{"a":{"dtype":"U8","shape":{},"data_offsets":[0,1]}}""", 1, "'a' has a JSON Object");
        string zeros = string.Concat(Enumerable.Repeat("0,", 200_000));
        yield return Case("a list in a long shape", """{"a":{"dtype":"U8","shape":[""" + zeros + """[]],"data_offsets":[0,1]}}""", 1, "'a' has [] where"); // walked once, not from its start for each
        yield return Case("not JSON", """{"a":""", 0, "JSON");
        yield return Case("an array", """[1]     """, 0, "begin with");
        yield return Case("a number", """{"a":3}""", 0, "JSON");
    }

    [TestCaseSource(nameof(Malformed))]
    public void ReadingIsStrict(string header, int data, string says)
    {
        using var folder = new TemporaryFolder();
        string path = folder["bad.safetensors"];
        byte[] json = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(path, [.. length, .. json, .. new byte[data]]);
        var thrown = Assert.Throws<EngineException>(() => SafeTensorsReader.Open(path).Dispose());
        Assert.That(thrown!.Message, Does.Contain(path).And.Contain(says));
    }

    [Test]
    public void ACutAnywhereIsSeen()
    {
        using var folder = new TemporaryFolder();
        string path = folder["cut.safetensors"];
        using var stream = new MemoryStream();
        SafeTensors.Encode(stream, [SafeTensor.Of<float>("a", new float[3], 3)], new Dictionary<string, string> { ["k"] = "v" });
        byte[] whole = stream.ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<EngineException>(() => SafeTensorsReader.Open(path).Dispose(), $"cut to {length} of {whole.Length}");
        }
        File.WriteAllBytes(path, [255, 255, 255, 255, 255, 255, 255, 255, (byte)'{']);
        Assert.That(Assert.Throws<EngineException>(() => SafeTensorsReader.Open(path))!.Message, Does.Contain("header length"));
        Assert.Throws<EngineException>(() => SafeTensorsReader.Open(folder["none"]));
    }

    [Test]
    public void AskingForTheWrongThingNamesTheRightOne()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Write(folder["w"], [SafeTensor.Of<float>("decoder.weight", new float[1], 1), SafeTensor.Of<int>("steps", new int[1], 1)]);
        using SafeTensorsReader file = SafeTensorsReader.Open(folder["w"]);
        Assert.That(Assert.Throws<EngineException>(() => file.Read<float>("decodr.weight"))!.Message, Does.Contain("Did you mean 'decoder.weight'"));
        Assert.That(Assert.Throws<EngineException>(() => file.Read<double>("decoder.weight"))!.Message, Does.Contain("F32, not F64"));
        Assert.That(Assert.Throws<EngineException>(() => file.ReadAsFloat("steps"))!.Message, Does.Contain("I32"));
    }
}
