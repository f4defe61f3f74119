using System.CommandLine;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Plots;

namespace GenEngine.Bench.Commands;

/// <summary>Pictures of a model in rows, to be written as one sheet or as a file each.</summary>
internal sealed class PictureSheet(ZooModel model)
{
    private readonly List<float[]> _tiles = [];
    private readonly List<string?> _names = [];

    public int Columns { get; init; }

    public int Gap { get; init; } = 1;

    public IReadOnlyList<string> ColumnLabels { get; init; } = [];

    public List<string> RowLabels { get; } = [];

    public void Add(string name, ReadOnlySpan<float> pixels)
    {
        _tiles.Add(pixels.ToArray());
        _names.Add(name);
    }

    /// <summary>White tiles up to the end of the row.</summary>
    public void EndRow()
    {
        while (_tiles.Count % Columns != 0) AddBlank();
    }

    public void AddBlank()
    {
        _tiles.Add([.. Enumerable.Repeat(1f, model.Data.Pixels)]);
        _names.Add(null);
    }

    public Bitmap Sheet() => LatentPictures.Grid(
        model, [.. _tiles.SelectMany(tile => tile)], new GridOptions { Columns = Columns, Gap = Gap, Scale = LatentPictures.ScaleOf(model), ColumnLabels = ColumnLabels, RowLabels = RowLabels });

    /// <summary>The tiles that are not blank, as they are.</summary>
    public IEnumerable<(string Name, Bitmap Picture)> Files()
    {
        var data = model.Data;
        for (int i = 0; i < _tiles.Count; i++)
            if (_names[i] is { } name) yield return (name, new Bitmap(data.Width, data.Height, data.Channels, ImageGrid.ToBytes(_tiles[i])));
    }
}

/// <summary>--out and --separate of commands that make pictures.</summary>
internal sealed class PictureOutput
{
    /// <summary>What the parts of a sheet that is written picture by picture begin with.</summary>
    public const string Separate = "separate/";

    private readonly Option<string?> _out;
    private readonly Option<string?> _separate = new("--separate") { HelpName = "FOLDER", Description = "Write every picture to a file of its own in this folder instead of one sheet." };

    public PictureOutput(Command command, string standard)
    {
        _out = Options.Out($"PNG file to write; {standard} in the run folder when not given.");
        foreach (Option option in (Option[])[_out, _separate]) command.Options.Add(option);
    }

    /// <summary>What --out says; null when it is not given.</summary>
    public string? Path(Session session) => session.Get(_out);

    /// <summary>Writes the sheet or its pictures, and prints where.</summary>
    public void Write(Session session, TrainedModel trained, string standard, PictureSheet sheet)
    {
        var made = trained.Provenance(session);
        if (session.Get(_separate) is { } folder)
        {
            if (session.Given(_out)) throw new UsageException("--out is one sheet, --separate a folder of pictures; give one of them.");
            OutputPath.Folder(folder);
            foreach (var (name, picture) in sheet.Files())
            {
                string file = $"{string.Join('_', name.Split(System.IO.Path.GetInvalidFileNameChars()))}.png";
                made.WritePng(System.IO.Path.Combine(folder, file), picture, Separate + file);
            }

            session.Out.WriteLine(folder);
            return;
        }

        string path = session.Get(_out) ?? trained.Run.File(standard);
        made.WritePng(path, sheet.Sheet());
        session.Out.WriteLine(path);
    }
}
