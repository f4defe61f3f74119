using System.CommandLine;
using System.Globalization;
using GenEngine.Data;

namespace GenEngine.Bench;

/// <summary>--data, --data-dir, --size, --channels and --flip of a command, and the data they name.</summary>
internal sealed class DataArguments
{
    private readonly Option<string> _data;
    private readonly Option<string?> _folder = Options.DataDir();
    private readonly Option<string?> _size = Options.Choice("--size", "Pixels a side of the images; the set's own when not given, 64 for a folder of pictures", "28", "32", "64");
    private readonly Option<string?> _channels = Options.Choice("--channels", "1 grey, 3 colour; the set's own when not given", "1", "3");
    private readonly Option<bool> _flip = new("--flip") { Description = "Train on every image and on its mirror image: the training set is doubled." };

    /// <summary>Adds the options to a command.</summary>
    public DataArguments(Command command, string standard = "digits")
    {
        _data = Options.Data(standard);
        foreach (Option option in (Option[])[_data, _folder, _size, _channels, _flip]) command.Options.Add(option);
    }

    /// <summary>The name of a set or the path of a folder, as the user gave it.</summary>
    public string Name(Session session) => session.Get(_data)!;

    /// <summary>True when the user named one.</summary>
    public bool IsGiven(Session session) => session.Given(_data);

    /// <summary>Options that say where data is, not which.</summary>
    public IReadOnlyList<Option> Places => [_folder];

    /// <summary>Where to look for data files first.</summary>
    public string? Folder(Session session) => session.Get(_folder);

    public DataOptions Read(Session session) => new()
    {
        DataDir = session.Get(_folder),
        Size = Number(session.Get(_size)),
        Channels = Number(session.Get(_channels)),
        Flip = session.Get(_flip),
    };

    /// <summary>What the user should know of a set before it is used; to standard error, where it disturbs no result.</summary>
    public static void Tell(Session session, ImageDataset set)
    {
        foreach (string note in set.Notes) session.Error.WriteLine(note);
    }

    private static int? Number(string? text) => text is null ? null : int.Parse(text, CultureInfo.InvariantCulture);
}
