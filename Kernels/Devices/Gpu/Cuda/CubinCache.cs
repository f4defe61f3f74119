using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// Compiled programs on disk, one file each, named by the SHA-256 of everything that they depend on. A file is written under a
/// temporary name and renamed, so that processes may share the folder; a damaged one is told by its hash and made anew. A folder
/// that cannot be written costs one warning and the time to compile.
/// </summary>
public sealed class CubinCache
{
    /// <summary>Raised when the file format, or the way kernels take arguments, changes.</summary>
    internal const int EngineAbi = 2;

    private const int HeaderBytes = 8 + 8 + SHA256.HashSizeInBytes;
    private static ReadOnlySpan<byte> Magic => "GENCUB02"u8;

    private readonly Action<string> _warn;
    private int _warned;
    private int _hits;
    private int _misses;
    private int _damaged;

    /// <param name="folder">Null takes the user's cache: GENENGINE_CACHE/cubin, or genengine/cubin in the user's cache folder.</param>
    /// <param name="warn">Told once when the folder cannot be written; null writes to standard error.</param>
    public CubinCache(string? folder = null, Action<string>? warn = null)
    {
        Folder = folder ?? UserCache.PathOf("cubin");
        _warn = warn ?? Console.Error.WriteLine;
    }

    /// <summary>Where the programs lie; made when the first is stored.</summary>
    public string Folder { get; }

    /// <summary>Programs found.</summary>
    public int Hits => Volatile.Read(ref _hits);

    /// <summary>Programs that were not there.</summary>
    public int Misses => Volatile.Read(ref _misses);

    /// <summary>Programs that were there and did not match their own hash.</summary>
    public int Damaged => Volatile.Read(ref _damaged);

    /// <summary>The name of a program in the cache.</summary>
    public static string Key(string name, string text, IReadOnlyList<string> options, Version nvrtc)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, $"abi {EngineAbi}, nvrtc {nvrtc}");
        Add(hash, name);
        Add(hash, text);
        foreach (string option in options) Add(hash, option);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The program of this key, or null when it is not there or damaged.</summary>
    public CompiledModule? Find(string key)
    {
        try
        {
            byte[] file = File.ReadAllBytes(PathOf(key));
            if (Decode(file) is { } module)
            {
                Interlocked.Increment(ref _hits);
                return module;
            }

            Interlocked.Increment(ref _damaged);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            Interlocked.Increment(ref _misses);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Interlocked.Increment(ref _misses);
            Warn(e);
        }

        return null;
    }

    /// <summary>Keeps a program. Failing to is no error: the next start compiles it again.</summary>
    public void Store(string key, CompiledModule module)
    {
        string path = PathOf(key);
        // on Windows a file that another process reads cannot be replaced; then it is the one we meant to write
        if (CacheFile.Replace(path, Encode(module)) is { } failure && !File.Exists(path)) Warn(failure);
    }

    private static void Add(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length); // so that no two lists of strings join to the same bytes
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    private static byte[] Encode(CompiledModule module)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(new byte[HeaderBytes]);
        writer.Write(module.Arch.ToString());
        writer.Write(module.Log);
        writer.Write(module.Entries.Count);
        foreach (var entry in module.Entries)
        {
            writer.Write(entry.Entry);
            foreach (int value in (int[])[entry.Registers, entry.SharedBytes, entry.SpillBytes, entry.StackBytes, entry.ArgumentBytes, entry.Threads]) writer.Write(value);
        }

        writer.Write(module.Image.Length);
        writer.Write(module.Image);
        writer.Flush();
        byte[] file = stream.ToArray();
        Magic.CopyTo(file);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(8), file.Length);
        SHA256.HashData(file.AsSpan(HeaderBytes), file.AsSpan(16));
        return file;
    }

    private static CompiledModule? Decode(byte[] file)
    {
        if (file.Length < HeaderBytes || !file.AsSpan(0, 8).SequenceEqual(Magic) || BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(8)) != file.Length)
            return null;
        if (!SHA256.HashData(file.AsSpan(HeaderBytes)).AsSpan().SequenceEqual(file.AsSpan(16, SHA256.HashSizeInBytes))) return null;
        using var reader = new BinaryReader(new MemoryStream(file, HeaderBytes, file.Length - HeaderBytes), Encoding.UTF8);
        var arch = CudaArch.Parse(reader.ReadString());
        string log = reader.ReadString();
        var rows = new (string Name, int Registers, int Shared, int Spill, int Stack, int Argument, int Threads)[reader.ReadInt32()];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = (reader.ReadString(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        byte[] image = reader.ReadBytes(reader.ReadInt32());
        return new CompiledModule(arch, image, log,
            rows.Select(row => new CompiledKernel(row.Name, arch, image, row.Registers, row.Shared, row.Spill, row.Stack, row.Argument, row.Threads)));
    }

    private string PathOf(string key) => Path.Combine(Folder, key + ".cubin");

    private void Warn(Exception e)
    {
        if (Interlocked.Exchange(ref _warned, 1) == 0)
            _warn($"Compiled kernels cannot be kept in {Folder} ({e.Message.TrimEnd('.')}); every start compiles them anew. Name a writable folder in GENENGINE_CACHE.");
    }
}
