using GenEngine.Files;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Files;

/// <summary>Messages of Protocol Buffers against bytes worked out from its description of the encoding, and their limit.</summary>
public sealed class ProtoMessageTests
{
    [Test]
    public void Fields_are_encoded_as_the_format_describes()
    {
        var inner = new ProtoMessage().Add(1, 150).Add(2, "testing");
        var message = new ProtoMessage().Add(3, inner).Add(4, -1).Add(5, 1.5f).Add(20, new byte[] { 7, 8 }.AsMemory()).Add(6, 1.0);
        using var stream = new MemoryStream();
        message.WriteTo(stream);
        Assert.That(Convert.ToHexString(stream.ToArray()), Is.EqualTo("1A0C" + "089601" + "120774657374696E67" + "20FFFFFFFFFFFFFFFFFF01" + "2D0000C03F" + "A201020708" + "31000000000000F03F"));
        Assert.That(message.Size, Is.EqualTo(stream.Length));
        Assert.That(message.ToArray(), Is.EqualTo(stream.ToArray()));
    }

    [Test]
    public void What_is_larger_than_two_gigabytes_is_refused_before_anything_is_written()
    {
        var block = GC.AllocateUninitializedArray<byte>(1 << 28).AsMemory(); // never touched: it costs addresses, not memory
        var large = new ProtoMessage();
        for (int i = 0; i < 8; i++) large.Add(9, block);
        using var stream = new MemoryStream();
        Assert.That(() => large.WriteTo(stream), Throws.InstanceOf<EngineException>().With.Message.Contains("2 GB"));
        Assert.That(() => new ProtoMessage().Add(7, large), Throws.InstanceOf<EngineException>());
        Assert.That(stream.Length, Is.Zero);
    }
}
