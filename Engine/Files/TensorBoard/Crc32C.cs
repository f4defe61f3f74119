namespace GenEngine.Files.TensorBoard;

/// <summary>CRC-32C (Castagnoli: polynomial 0x1EDC6F41, bits reflected, as in RFC 3720 appendix B.4), and the masked form that TFRecord files store.</summary>
internal static class Crc32C
{
    private const uint Reflected = 0x82F63B78, MaskDelta = 0xA282EAD8;

    private static readonly uint[] s_table = MakeTable();

    public static uint Of(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data) crc = s_table[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>Turned and shifted, so that a checksum of data that holds checksums is still a good one.</summary>
    public static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = Of(data);
        return ((crc >> 15) | (crc << 17)) + MaskDelta;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            uint crc = n;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? Reflected ^ (crc >> 1) : crc >> 1;
            table[n] = crc;
        }

        return table;
    }
}
