using System.Buffers.Binary;
using System.Text;

namespace GenEngine.Bench.Compare;

/// <summary>
/// Marks a symbol version that a 64-bit little-endian ELF library asks for as weak, so that the loader does without it.
/// </summary>
/// <remarks>
/// TorchSharp's libLibTorchSharp.so asks for GLIBCXX_3.4.32 (GCC 13), which Debian 12's libstdc++ lacks. Its one symbol of that
/// version, ios_base_library_init, is a mark that the linker leaves; no relocation uses it.
/// </remarks>
internal static class ElfVersionNeeds
{
    private const uint VerneedSection = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort Weak = 2; // VER_FLG_WEAK

    /// <summary>Weakens a version in an image of the library.</summary>
    /// <returns>How many entries asked for it.</returns>
    public static int Weaken(Span<byte> elf, string version)
    {
        if (elf.Length < 64 || !elf[..5].SequenceEqual("\u007fELF\u0002"u8)) throw new InvalidDataException("not a 64-bit ELF file");
        long sections = ReadLong(elf, 0x28);
        int sectionBytes = ReadShort(elf, 0x3a), count = ReadShort(elf, 0x3c);
        int weakened = 0;
        for (int i = 0; i < count; i++)
        {
            int section = checked((int)(sections + ((long)i * sectionBytes)));
            if (ReadInt(elf, section + 4) != VerneedSection) continue;
            int strings = checked((int)(sections + ((long)ReadInt(elf, section + 0x28) * sectionBytes)));
            weakened += WeakenSection(elf, (int)ReadLong(elf, section + 0x18), (int)ReadLong(elf, strings + 0x18), version);
        }

        return weakened;
    }

    // a list of libraries (Elf64_Verneed), each with a list of the versions wanted from it (Elf64_Vernaux)
    private static int WeakenSection(Span<byte> elf, int library, int strings, string version)
    {
        int weakened = 0;
        while (true)
        {
            int entry = library + (int)ReadInt(elf, library + 8);
            for (int left = ReadShort(elf, library + 2); left > 0; left--)
            {
                var name = elf[(strings + (int)ReadInt(elf, entry + 8))..];
                if (Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]) == version)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(elf[(entry + 4)..], (ushort)(ReadShort(elf, entry + 4) | Weak));
                    weakened++;
                }

                entry += (int)ReadInt(elf, entry + 12);
            }

            int next = (int)ReadInt(elf, library + 12);
            if (next == 0) return weakened;
            library += next;
        }
    }

    private static ushort ReadShort(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf[at..]);

    private static uint ReadInt(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf[at..]);

    private static long ReadLong(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadInt64LittleEndian(elf[at..]);
}
