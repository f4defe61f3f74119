using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>A picture file of a folder.</summary>
/// <param name="Path">Below the folder, with / between.</param>
/// <param name="Label">Index of its class; -1 in a folder without classes.</param>
/// <param name="Test">It lies in the test folder.</param>
internal sealed record FolderFile(string Path, int Label, bool Test, long Length, long Ticks);

/// <summary>
/// Which pictures a user's folder holds: loose ones (no classes) or a folder a class, either directly or under train/ and test/.
/// Hidden files and folders are passed over, and files that are no pictures too.
/// </summary>
internal sealed class FolderLayout
{
    private static readonly EnumerationOptions s_deep = new() { RecurseSubdirectories = true, MaxRecursionDepth = 8, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };

    private readonly List<FolderFile> _files = [];
    private readonly List<string> _unsupported = [];
    private readonly string _root;

    private FolderLayout(string root) => _root = root;

    /// <summary>Names of the class folders in ordinal order; empty when there are none.</summary>
    public IReadOnlyList<string> ClassNames { get; private set; } = [];

    /// <summary>In ordinal order of their paths, so that it does not depend on the file system.</summary>
    public IReadOnlyList<FolderFile> Files => _files;

    /// <summary>Pictures of kinds that cannot be read here.</summary>
    public IReadOnlyList<string> Unsupported => _unsupported;

    /// <summary>There are train/ and test/ folders.</summary>
    public bool HasTest { get; private set; }

    /// <exception cref="EngineException">No such folder, no pictures, an empty class, one class only, loose pictures beside classes.</exception>
    public static FolderLayout Scan(string root)
    {
        if (!Directory.Exists(root)) throw new EngineException($"There is no folder '{root}'.{(File.Exists(root) ? " It is a file; name the folder it lies in." : "")}");
        try
        {
            var layout = new FolderLayout(root);
            string train = Path.Combine(root, "train"), test = Path.Combine(root, "test");
            layout.HasTest = Directory.Exists(train) && Directory.Exists(test);
            string first = Directory.Exists(train) ? train : root;
            layout.ClassNames = layout.Classes(first);
            layout.Add(first, test: false);
            if (layout.HasTest) layout.AddTest(test);
            layout._files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
            layout._unsupported.Sort(string.CompareOrdinal);
            return layout;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"The folder '{root}' could not be read: {e.Message}", e);
        }
    }

    /// <summary>SHA-256 of all that decoding depends on: the files' names, sizes and times, and the size of the images.</summary>
    public byte[] Key(int size, int version)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> numbers = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, size);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], version);
        sha.AppendData(numbers);
        foreach (FolderFile file in _files)
        {
            sha.AppendData(Encoding.UTF8.GetBytes(file.Path + "\0"));
            BinaryPrimitives.WriteInt64LittleEndian(numbers, file.Length);
            BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], file.Ticks);
            sha.AppendData(numbers);
        }
        return sha.GetHashAndReset();
    }

    private string[] Classes(string folder)
    {
        string[] names = [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Where(IsShown).Order(StringComparer.Ordinal)];
        if (names.Length == 0) return [];
        if (Directory.EnumerateFiles(folder).FirstOrDefault(IsPicture) is { } loose)
            throw new EngineException(
                $"'{folder}' holds pictures ({Path.GetFileName(loose)}, ...) and folders ({names[0]}, ...). Put every picture into the folder of its class, or all of them beside one another for a set without classes.");
        if (names.Length == 1)
            throw new EngineException(
                $"'{folder}' has one class folder only ({names[0]}). Classes need at least two; for a set without classes name '{Path.Combine(folder, names[0])}'.");
        return names;
    }

    private void Add(string folder, bool test)
    {
        if (ClassNames.Count == 0)
        {
            int before = _files.Count;
            AddFiles(folder, -1, test, deep: false);
            if (_files.Count == before) throw Empty(folder);
            return;
        }
        for (int label = 0; label < ClassNames.Count; label++)
        {
            string path = Path.Combine(folder, ClassNames[label]);
            if (!Directory.Exists(path)) continue; // a test folder may lack a class
            int before = _files.Count;
            AddFiles(path, label, test, deep: true);
            if (_files.Count == before) throw Empty(path);
        }
    }

    private void AddTest(string folder)
    {
        string[] names = [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Where(IsShown).Order(StringComparer.Ordinal)];
        if (names.FirstOrDefault(name => !ClassNames.Contains(name, StringComparer.Ordinal)) is { } unknown)
            throw new EngineException($"'{folder}' has the class '{unknown}', the train folder beside it has not. The classes to train on are: {(ClassNames.Count > 0 ? string.Join(", ", ClassNames) : "none")}.");
        int before = _files.Count;
        Add(folder, test: true);
        if (_files.Count == before) throw Empty(folder);
    }

    private void AddFiles(string folder, int label, bool test, bool deep)
    {
        foreach (string path in deep ? Directory.EnumerateFiles(folder, "*", s_deep) : Directory.EnumerateFiles(folder))
        {
            string below = Path.GetRelativePath(_root, path).Replace('\\', '/');
            if (below.Split('/').Any(part => !IsShown(part))) continue;
            if (PictureFile.OtherExtensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)) _unsupported.Add(below);
            if (!IsPicture(path)) continue;
            var file = new FileInfo(path);
            _files.Add(new FolderFile(below, label, test, file.Length, file.LastWriteTimeUtc.Ticks));
        }
    }

    private EngineException Empty(string folder)
    {
        string others = _unsupported.Count > 0 ? $" There are pictures of kinds that cannot be read here ({_unsupported[0]}, ...); convert them." : "";
        return new EngineException($"The folder '{folder}' holds no picture ({string.Join(", ", PictureFile.Extensions)}).{others} Fill it or remove it.");
    }

    private static bool IsPicture(string path) => IsShown(Path.GetFileName(path)) && PictureFile.Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static bool IsShown(string name) => !name.StartsWith('.') && name != "__MACOSX";
}
