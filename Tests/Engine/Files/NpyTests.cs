using System.Text;
using GenEngine.Files;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Files;

/// <summary>What is no matrix, or not the one that its header says, is refused with its place. Whole ones: <see cref="Fuzz.RoundTripTests.Npy"/>.</summary>
public sealed class NpyTests
{
    /// <summary>1073764994 x 2147437309 doubles are 2^64 and a few bytes: so few that they may be there.</summary>
    [Test]
    public void Extents_that_overflow_are_no_extents()
    {
        const long rows = 1_073_764_994, columns = 2_147_437_309;
        ulong wrapped = unchecked((ulong)rows * columns * 8);
        Assert.That(wrapped, Is.LessThan(1 << 20), "the numbers are chosen for it");
        using var folder = new TemporaryFolder();
        System.IO.File.WriteAllBytes(folder["a.npy"], File($"{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}", (int)wrapped));
        Assert.That(Assert.Throws<EngineException>(() => Npy.Read(folder["a.npy"]))!.Message, Does.Contain("a.npy").And.Contain($"{rows} x {columns}").And.Contain("18446744073"));
    }

    [Test]
    public void What_cannot_be_read_says_why()
    {
        using var folder = new TemporaryFolder();
        foreach (var (file, says) in new (byte[], string)[]
                 {
                     ("hello"u8.ToArray(), "does not begin with"), (File("{'descr': '<f4', 'shape': (2, 2), }", 15), "15 bytes of data where 2 x 2 values need 16"), (File("{'descr': '<c8', 'shape': (1,), }", 8), "'<c8'"),
                     (File("{'descr': '<f4', 'shape': (1, 1, 1), }", 4), "3 dimensions"), (File("{'descr': '<f4', 'shape': (-1,), }", 4), "damaged header"), (File("{'descr': '<f4', 'shape': (4,), }", 16)[..30], "byte"),
                 })
        {
            System.IO.File.WriteAllBytes(folder["a.npy"], file);
            Assert.That(Assert.Throws<EngineException>(() => Npy.Read(folder["a.npy"]))!.Message, Does.Contain("a.npy").And.Contain(says));
        }

        Assert.That(Assert.Throws<EngineException>(() => Npy.Read(folder["none.npy"]))!.Message, Does.Contain("none.npy"));
    }

    private static byte[] File(string header, int bytes) => [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header), .. new byte[bytes]];
}
