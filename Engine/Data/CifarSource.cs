namespace GenEngine.Data;

/// <summary>CIFAR-10, binary version: records of one label and 32x32 colour planes (red, green, blue), turned into NHWC.</summary>
public sealed class CifarSource : IDataSource
{
    private const int Side = 32;
    private const int Plane = Side * Side;
    private const int Record = 1 + 3 * Plane;
    private const int RecordsAFile = 10_000;

    private static readonly string[] Names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    public string Name => "cifar10";

    public string Summary => "small photographs, 32x32 colour, 10 classes, 50,000 + 10,000";

    public bool BuiltIn => false;

    public IReadOnlyList<string> Splits { get; } = ["train", "test"];

    public ImageDataset Load(string split, DataOptions options)
    {
        string[][] files = Files(split);
        string folder = DataFolders.Find(Name, options, files) ?? throw DataFolders.Missing(Name, options, files);
        var items = new byte[files.Length * RecordsAFile * 3 * Plane];
        var labels = new int[files.Length * RecordsAFile];
        for (int i = 0; i < files.Length; i++) ReadBatch(DataFolders.Pick(folder, files[i])!, i * RecordsAFile, items, labels);
        return new ImageDataset(Name, split, Side, Side, 3, items, labels, Names);
    }

    public string? Find(DataOptions options) => DataFolders.Find(Name, options, [.. Files("train"), .. Files("test")]);

    /// <summary>Beside the folder searched also its sub-folder of the published archive.</summary>
    private static string[][] Files(string split)
    {
        string[] stems = split == "train"
            ? ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"]
            : ["test_batch"];
        return [.. stems.Select(stem => new[] { $"{stem}.bin", Path.Combine("cifar-10-batches-bin", $"{stem}.bin") })];
    }

    private static void ReadBatch(string path, int first, byte[] items, int[] labels) => DataFile.Read(path, stream =>
    {
        const long whole = (long)RecordsAFile * Record;
        var record = new byte[Record];
        for (int i = 0; i < RecordsAFile; i++)
        {
            DataFile.Fill(stream, record, path, (long)i * Record, whole);
            if (record[0] >= Names.Length) throw DataFile.Bad(path, $"label {i} is {record[0]}, the classes are 0 to {Names.Length - 1}");
            labels[first + i] = record[0];
            Span<byte> item = items.AsSpan((first + i) * 3 * Plane, 3 * Plane);
            for (int p = 0; p < Plane; p++)
                for (int c = 0; c < 3; c++) item[3 * p + c] = record[1 + c * Plane + p];
        }
        DataFile.End(stream, path, whole);
        return true;
    });
}
