using System.Buffers.Binary;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>
/// Reads IDX files of unsigned bytes, the format of MNIST: 0, 0, element type, number of extents, the extents as big-endian
/// 32-bit integers, then the elements.
/// </summary>
internal static class IdxFile
{
    private const byte UnsignedByte = 0x08;

    /// <summary>The elements of a file with this many extents; plain or gzip.</summary>
    /// <exception cref="EngineException">Missing, damaged, cut short, too long, or of another kind; the message names the file.</exception>
    public static byte[] Read(string path, int rank, out int[] extents)
    {
        (extents, byte[] items) = DataFile.Read(path, (stream, most) => Parse(stream, most, path, rank));
        return items;
    }

    private static (int[] Extents, byte[] Items) Parse(Stream stream, long most, string path, int rank)
    {
        Span<byte> header = stackalloc byte[4 + 4 * rank];
        DataFile.Fill(stream, header[..4], path, 0, header.Length);
        if (header[0] != 0 || header[1] != 0)
            throw DataFile.Bad(path, $"it begins with {Convert.ToHexString(header[..4])} and not with the 0000 of an IDX file");
        if (header[2] != UnsignedByte)
            throw DataFile.Bad(path, $"its elements have IDX type 0x{header[2]:X2}; only unsigned bytes (0x08) can be read");
        if (header[3] != rank)
            throw DataFile.Bad(path, $"it has {header[3]} extents where {rank} are due (images have 3, labels 1)");

        DataFile.Fill(stream, header[4..], path, 4, header.Length);
        var extents = new int[rank];
        UInt128 size = 1;
        for (int i = 0; i < rank; i++)
        {
            uint extent = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * i)..]);
            size *= extent;
            if (extent is 0 or > int.MaxValue || size > (UInt128)Array.MaxLength)
                throw DataFile.Bad(path, $"its extent {i} is {extent}, which gives no array that fits in memory");
            extents[i] = (int)extent;
        }

        long whole = header.Length + (long)size;
        if (whole > most) throw DataFile.Bad(path, $"it is cut short: no more than {most} of {whole} bytes are there");
        var items = new byte[(int)size];
        DataFile.Fill(stream, items, path, header.Length, whole);
        DataFile.End(stream, path, whole);
        return (extents, items);
    }
}
