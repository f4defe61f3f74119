namespace GenEngine.Data;

/// <summary>
/// The published, fixed binarisation of MNIST (Larochelle and Murray, AISTATS 2011): 50,000 + 10,000 + 10,000 images of bits, no
/// labels. Likelihoods on it are about two nats above those on images binarised anew each time, so the two must not be mixed.
/// A line of the .amat text files is an image: 784 digits 0 or 1 with spaces between. Bits are loaded as 0 and 255.
/// </summary>
public sealed class BinarizedMnistSource : IDataSource
{
    private const int Side = 28;
    private const int Pixels = Side * Side;

    public string Name => "binarized-mnist";

    public string Summary => "MNIST as fixed bits, 28x28, no labels, 50,000 + 10,000 (valid) + 10,000";

    public bool BuiltIn => false;

    public IReadOnlyList<string> Splits { get; } = ["train", "valid", "test"];

    public ImageDataset Load(string split, DataOptions options)
    {
        string[][] files = [FileNames(split)];
        string folder = DataFolders.Find(Name, options, files) ?? throw DataFolders.Missing(Name, options, files);
        string path = DataFolders.Pick(folder, files[0])!;
        int count = split == "train" ? 50_000 : 10_000;
        byte[] items = DataFile.Read(path, stream => Parse(stream, path, count));
        return new ImageDataset(Name, split, Side, Side, 1, items, null, []);
    }

    public string? Find(DataOptions options) => DataFolders.Find(Name, options, [.. Splits.Select(FileNames)]);

    private static string[] FileNames(string split) => [$"binarized_mnist_{split}.amat", $"binarized_mnist_{split}.amat.gz"];

    private static byte[] Parse(Stream stream, string path, int count)
    {
        var items = new byte[count * Pixels];
        var buffer = new byte[1 << 16];
        int line = 0, column = 0;
        bool spaced = true;
        for (int got; (got = stream.Read(buffer)) > 0;)
        {
            foreach (byte symbol in buffer.AsSpan(0, got))
            {
                if (symbol is (byte)'0' or (byte)'1' && spaced && column < Pixels && line < count)
                {
                    items[line * Pixels + column++] = symbol == '1' ? (byte)255 : (byte)0;
                    spaced = false;
                }
                else if (symbol is (byte)' ' or (byte)'\r') spaced = true;
                else if (symbol == '\n' && column == Pixels) (line, column, spaced) = (line + 1, 0, true);
                else throw DataFile.Bad(path, Why(symbol, line, column, count));
            }
        }
        if (column == Pixels) line++; // the last line may lack its end
        if (line != count || column % Pixels != 0) throw DataFile.Bad(path, $"it is cut short: {line} of {count} images are there");
        return items;
    }

    private static string Why(byte symbol, int line, int column, int count) =>
        line >= count ? $"it has more than {count} lines"
        : symbol == '\n' ? $"line {line + 1} has {column} values, not {Pixels}"
        : column >= Pixels ? $"line {line + 1} has more than {Pixels} values"
        : $"line {line + 1} has something other than 0, 1 and spaces between them after {column} values";
}
