using System.Buffers.Binary;
using System.Security.Cryptography;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>MNIST and sets published in its form: 28x28 grey, ten classes, four IDX files, plain or gzip.</summary>
public sealed class IdxSource(string name, string summary, IReadOnlyList<string> classNames) : IDataSource
{
    private const int Side = 28;

    public string Name => name;

    public string Summary => summary;

    public bool BuiltIn => false;

    public IReadOnlyList<string> Splits { get; } = ["train", "test"];

    /// <summary>The set <c>mnist</c> (LeCun, Cortes and Burges): digits, the class of each its number. Files are looked for when it is loaded.</summary>
    public static IdxSource Mnist() => new(
        "mnist", "handwritten digits, 28x28 grey, 10 classes, 60,000 + 10,000", ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);

    /// <summary>The set <c>fashion-mnist</c> (Xiao, Rasul and Vollgraf 2017): clothing, its classes numbered as published. Files are looked for when it is loaded.</summary>
    public static IdxSource FashionMnist() => new(
        "fashion-mnist", "articles of clothing, 28x28 grey, 10 classes, 60,000 + 10,000",
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]);

    public ImageDataset Load(string split, DataOptions options)
    {
        string[][] files = Files(split);
        string folder = DataFolders.Find(Name, options, files) ?? throw DataFolders.Missing(Name, options, files);
        string imagePath = DataFolders.Pick(folder, files[0])!, labelPath = DataFolders.Pick(folder, files[1])!;

        byte[] images = IdxFile.Read(imagePath, 3, out int[] extents);
        if (extents[1] != Side || extents[2] != Side)
            throw DataFile.Bad(imagePath, $"its images are {extents[1]}x{extents[2]}, those of {Name} are {Side}x{Side}");
        byte[] labels = IdxFile.Read(labelPath, 1, out int[] labelExtents);
        if (labelExtents[0] != extents[0])
            throw new EngineException($"{imagePath} has {extents[0]} images, {labelPath} {labelExtents[0]} labels. Fetch both again.");
        int wrong = Array.FindIndex(labels, label => label >= classNames.Count);
        if (wrong >= 0) throw DataFile.Bad(labelPath, $"label {wrong} is {labels[wrong]}, the classes are 0 to {classNames.Count - 1}");

        RefuseAnotherSet(imagePath, images, extents);
        return new ImageDataset(Name, split, Side, Side, 1, images, Array.ConvertAll(labels, label => (int)label), classNames);
    }

    public string? Find(DataOptions options) => DataFolders.Find(Name, options, [.. Files("train"), .. Files("test")]);

    /// <summary>Images, then labels, each with the names it goes by.</summary>
    private static string[][] Files(string split)
    {
        string prefix = split == "train" ? "train" : "t10k";
        return [Names($"{prefix}-images", "idx3-ubyte"), Names($"{prefix}-labels", "idx1-ubyte")];

        // some archive programs write a dot for the hyphen when they unpack
        static string[] Names(string stem, string end) => [$"{stem}-{end}.gz", $"{stem}-{end}", $"{stem}.{end}", $"{stem}.{end}.gz"];
    }

    /// <summary>All sets of this form use the same file names, so a folder named wrongly would train on the wrong pictures.</summary>
    private void RefuseAnotherSet(string path, byte[] images, int[] extents)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> header = stackalloc byte[16];
        header.Clear();
        (header[2], header[3]) = (0x08, 3);
        for (int i = 0; i < 3; i++) BinaryPrimitives.WriteInt32BigEndian(header[(4 + 4 * i)..], extents[i]);
        sha.AppendData(header);
        sha.AppendData(images);
        string hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        CatalogueEntry? owner = DataCatalogue.Entries.FirstOrDefault(entry => entry.Files.Any(file => file.Sha256 == hash));
        if (owner is not null && owner.Name != Name)
            throw new EngineException(
                $"{path} holds the images of {owner.Name}, not of {Name}. Load {owner.Name}, or name another folder with --data-dir.");
    }
}
