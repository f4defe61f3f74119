using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels;

[Parallelizable]
public sealed class BFloat16Tests
{
    [TestCase(1f, (ushort)0x3F80)]
    [TestCase(-0f, (ushort)0x8000)]
    [TestCase(1.00390625f, (ushort)0x3F80)] // half a unit above an even one: down
    [TestCase(1.01171875f, (ushort)0x3F82)] // half a unit above an odd one: up
    [TestCase(1.003907f, (ushort)0x3F81)]
    [TestCase(float.PositiveInfinity, (ushort)0x7F80)]
    [TestCase(float.MaxValue, (ushort)0x7F80)]
    [TestCase(float.NaN, (ushort)0x7FFF)]
    [TestCase(float.Epsilon, (ushort)0x0000)]
    public void A_float_becomes_the_nearest_ties_to_even(float value, ushort bits) => Assert.That(BFloat16.Bits(value), Is.EqualTo(bits));

    [Test]
    public void Every_number_comes_back()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float value = BFloat16.Value((ushort)bits);
            if (!float.IsNaN(value)) Assert.That(BFloat16.Bits(value), Is.EqualTo((ushort)bits));
        }
    }
}
