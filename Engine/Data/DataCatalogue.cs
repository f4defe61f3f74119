namespace GenEngine.Data;

/// <summary>What the checksum of a file is taken over. Mirrors compress anew, so packed files are known by what is inside.</summary>
public enum ContentKind
{
    /// <summary>The bytes of the file.</summary>
    Plain,

    /// <summary>The bytes that gzip unpacks.</summary>
    Gzip,

    /// <summary>Every .wav of a zip in ordinal order of its bare name: the name, a zero byte, its length in 8 bytes, its bytes.</summary>
    ZipOfWav,
}

/// <summary>A file to download.</summary>
/// <param name="Name">Its name in the data folder.</param>
/// <param name="Bytes">About how many bytes travel; mirrors differ a little.</param>
/// <param name="Sha256">Lower-case hex, over what <paramref name="Kind"/> says.</param>
/// <param name="Kind">What the checksum covers.</param>
/// <param name="Mirrors">Addresses, tried in this order.</param>
public sealed record RemoteFile(string Name, long Bytes, string Sha256, ContentKind Kind, IReadOnlyList<string> Mirrors)
{
    /// <summary>For a .tar.gz that is unpacked and then removed: the members to keep, and the SHA-256 of each.</summary>
    public IReadOnlyList<(string Name, string Sha256)> Members { get; init; } = [];
}

/// <summary>A public data set that can be fetched.</summary>
public sealed record CatalogueEntry(string Name, string Summary, string Licence, string Homepage, IReadOnlyList<RemoteFile> Files)
{
    /// <summary>About how many bytes travel when all of it is fetched.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);
}

/// <summary>A line of <c>data list</c>.</summary>
/// <param name="Name">What a user types.</param>
/// <param name="Summary">What it is.</param>
/// <param name="BuiltIn">Made by code, always there.</param>
/// <param name="Folder">Where it lies on this machine; null when it is built in or not there.</param>
/// <param name="DownloadBytes">What a fetch would transfer, about; 0 for built-in sets.</param>
/// <param name="Licence">The terms as the publisher names them; empty for built-in sets.</param>
public sealed record DataSetStatus(string Name, string Summary, bool BuiltIn, string? Folder, long DownloadBytes, string Licence);

/// <summary>The public data sets that the engine knows how to fetch, and which sets are on this machine.</summary>
public static class DataCatalogue
{
    /// <summary>Every set that can be fetched, of images and of sound.</summary>
    public static IReadOnlyList<CatalogueEntry> Entries { get; } = [Mnist(), FashionMnist(), BinarizedMnist(), Cifar10(), SpokenDigits()];

    /// <summary>Every set, built in or fetched or to be fetched.</summary>
    public static IReadOnlyList<DataSetStatus> List(DataOptions options)
    {
        var list = new List<DataSetStatus>();
        foreach (IDataSource source in DataSets.Sources)
        {
            CatalogueEntry? entry = Entries.FirstOrDefault(e => e.Name == source.Name);
            list.Add(new DataSetStatus(
                source.Name, source.Summary, source.BuiltIn, source.Find(options), entry?.Bytes ?? 0, entry?.Licence ?? ""));
        }
        foreach (ISequenceSource source in SequenceSets.Sources.Where(source => source.BuiltIn)) list.Add(new DataSetStatus(source.Name, source.Summary, true, null, 0, ""));
        foreach (CatalogueEntry entry in Entries.Where(e => list.TrueForAll(line => line.Name != e.Name)))
        {
            string? folder = DataFolders.Find(entry.Name, options, [.. entry.Files.Select(file => new[] { file.Name })]);
            list.Add(new DataSetStatus(entry.Name, entry.Summary, false, folder, entry.Bytes, entry.Licence));
        }
        return list;
    }

    private static CatalogueEntry Mnist()
    {
        RemoteFile File(string name, long bytes, string sha) => new(name, bytes, sha, ContentKind.Gzip,
            [$"https://ossci-datasets.s3.amazonaws.com/mnist/{name}", $"https://storage.googleapis.com/cvdf-datasets/mnist/{name}"]);

        return new CatalogueEntry(
            "mnist", "handwritten digits", "as published by LeCun, Cortes and Burges", "http://yann.lecun.com/exdb/mnist/",
        [
            File("train-images-idx3-ubyte.gz", 9_912_422, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            File("train-labels-idx1-ubyte.gz", 28_881, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            File("t10k-images-idx3-ubyte.gz", 1_648_877, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            File("t10k-labels-idx1-ubyte.gz", 4_542, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ]);
    }

    private static CatalogueEntry FashionMnist()
    {
        RemoteFile File(string name, long bytes, string sha) => new(name, bytes, sha, ContentKind.Gzip,
        [
            $"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{name}",
            $"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/{name}",
        ]);

        return new CatalogueEntry(
            "fashion-mnist", "articles of clothing", "MIT (Zalando SE)", "https://github.com/zalandoresearch/fashion-mnist",
        [
            File("train-images-idx3-ubyte.gz", 26_421_880, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            File("train-labels-idx1-ubyte.gz", 29_515, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            File("t10k-images-idx3-ubyte.gz", 4_422_102, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            File("t10k-labels-idx1-ubyte.gz", 5_148, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ]);
    }

    private static CatalogueEntry BinarizedMnist()
    {
        RemoteFile File(string split, long bytes, string sha) => new($"binarized_mnist_{split}.amat", bytes, sha, ContentKind.Plain,
            [$"http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/binarized_mnist_{split}.amat"]);

        return new CatalogueEntry(
            "binarized-mnist", "MNIST as fixed bits", "as MNIST; binarised by Larochelle and Murray, 2011",
            "https://proceedings.mlr.press/v15/larochelle11a.html",
            [
                File("train", 78_400_000, "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d"),
                File("valid", 15_680_000, "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2"),
                File("test", 15_680_000, "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c"),
            ]);
    }

    private static CatalogueEntry Cifar10() => new(
        "cifar10", "small photographs", "as published by Krizhevsky, Nair and Hinton", "https://www.cs.toronto.edu/~kriz/cifar.html",
        [
            new("cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                ContentKind.Plain, ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"])
            {
                Members =
                [
                    ("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
                    ("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
                    ("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
                    ("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
                    ("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
                    ("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
                ],
            },
        ]);

    private static CatalogueEntry SpokenDigits() => new(
        "fsdd", "Free Spoken Digit Dataset: 3,000 recordings of digits, 8 kHz mono, 6 speakers", "CC BY-SA 4.0",
        "https://github.com/Jakobovski/free-spoken-digit-dataset",
        [
            new("recordings.zip", 16_200_000, "2f17dea19a57e5b41c96377cc76619e34da46105a595ef978b7d26466f8a9689", ContentKind.ZipOfWav,
            [
                "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.zip",
                "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/heads/master.zip",
            ]),
        ]);
}
