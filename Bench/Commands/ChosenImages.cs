using System.CommandLine;
using System.Globalization;
using GenEngine.Data;
using GenEngine.Kernels;

namespace GenEngine.Bench.Commands;

/// <summary>Images that a command works on.</summary>
/// <param name="Pixels">[count, pixels] in [0, 1].</param>
/// <param name="Labels">Their classes; null when not known.</param>
/// <param name="Names">A name each, for files.</param>
/// <param name="Indices">Of test images; null for the user's own.</param>
internal sealed record ImageChoice(float[] Pixels, int[]? Labels, string[] Names, int[]? Indices)
{
    public int Count => Names.Length;
}

/// <summary>--images, --index, --class and --count: which images a command works on.</summary>
internal sealed class ChosenImages
{
    private readonly Option<string[]> _images = new("--images") { HelpName = "FILES", Description = "Pictures of your own: JPEG, PNG or BMP files.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _index = new("--index") { HelpName = "I,J,...", Description = "Test images, by their places in the set from 0." };
    private readonly Option<int> _count;

    public ChosenImages(Command command, int count, string what = "Test images, the first ones (of --class).")
    {
        _count = Options.Number("--count", what, 1, count);
        Classes = new ClassOption(command, "--class", "Test images of these classes only; of --images, what they are: one class for all, or one each.");
        foreach (Option option in (Option[])[_images, _index, _count]) command.Options.Add(option);
    }

    public ClassOption Classes { get; }

    /// <summary>True when the user named images.</summary>
    public bool Given(Session session) => session.Given(_images) || session.Given(_index);

    public int Count(Session session) => session.Get(_count);

    public ImageChoice Read(Session session, TrainedModel trained, bool all = false)
    {
        if (session.Given(_images) && session.Given(_index)) throw new UsageException("--images are pictures of your own, --index are test images; give one of them.");
        int[] classes = Classes.Read(session, trained);
        if (session.Given(_index) && classes.Length > 0) throw new UsageException("--index names the test images, whatever their class; leave --class out.");
        return session.Get(_images) is { Length: > 0 } files ? Own(trained, files, classes) : Test(session, trained, classes, all);
    }

    private static ImageChoice Own(TrainedModel trained, string[] files, int[] classes)
    {
        var data = trained.Any.Data;
        var set = UserPictures.Load(files, data.Height, data.Channels);
        if (classes.Length == 0 && trained.Any.IsConditional)
            throw new EngineException($"'{trained.Any.Name}' is told the class of each image; say with --class what these are: {string.Join(", ", trained.ClassNames)}.");
        if (classes.Length > 1 && classes.Length != set.Count) throw new EngineException($"--class names {classes.Length} classes for {set.Count} pictures; give one for all or one each.");
        int[]? labels = classes.Length == 0 ? null : [.. Enumerable.Range(0, set.Count).Select(i => classes[classes.Length == 1 ? 0 : i])];
        return new ImageChoice(Floats(set.Items), labels, [.. Enumerable.Range(0, set.Count).Select(i => Text($"{i:000}"))], null);
    }

    private ImageChoice Test(Session session, TrainedModel trained, int[] classes, bool all)
    {
        var set = trained.TestSet;
        int[] indices = session.Get(_index) is { } list ? Indices(list, set.Count) : First(session, set, classes, all && !session.Given(_count) ? set.Count : session.Get(_count));
        var pixels = new float[indices.Length * set.ItemSize];
        for (int i = 0; i < indices.Length; i++) Floats(set.Item(indices[i])).CopyTo(pixels, i * set.ItemSize);
        return new ImageChoice(pixels, set.Labels is { } labels ? Array.ConvertAll(indices, index => labels[index]) : null, Array.ConvertAll(indices, index => Text($"{index:00000}")), indices);
    }

    private static int[] First(Session session, ImageDataset set, int[] classes, int count)
    {
        if (classes.Length > 0 && set.Labels is null) throw new EngineException($"{set.Name} has no classes; leave --class out.");
        int[] found = [.. Enumerable.Range(0, set.Count).Where(i => classes.Length == 0 || classes.Contains(set.Labels![i])).Take(count)];
        return found.Length > 0 ? found : throw new EngineException($"{set.Name} has no test images of the class asked for.");
    }

    private static int[] Indices(string list, int count)
    {
        return [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < count
                ? index
                : throw new EngineException($"--index {part}: the test images are 0 to {count - 1}."))];
    }

    private static float[] Floats(ReadOnlySpan<byte> bytes)
    {
        var pixels = new float[bytes.Length];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = bytes[i] / 255f;
        return pixels;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>An option that names classes, by name or number, apart by spaces or commas.</summary>
internal sealed class ClassOption
{
    private readonly Option<string[]> _names;

    public ClassOption(Command command, string name, string description)
    {
        _names = new Option<string[]>(name) { HelpName = "NAME", Description = description, AllowMultipleArgumentsPerToken = true };
        command.Options.Add(_names);
    }

    /// <summary>As the user typed them, apart by spaces or commas; empty when not given.</summary>
    public string[] Names(Session session) => [.. (session.Get(_names) ?? []).SelectMany(name => name.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Empty when not given.</summary>
    /// <exception cref="EngineException">No such class; suggests the nearest and lists all.</exception>
    public int[] Read(Session session, TrainedModel trained)
    {
        var classes = new List<int>();
        foreach (string name in session.Get(_names) ?? [])
        {
            // a folder's name may have a comma in it
            if (trained.ClassNames.Contains(name, StringComparer.OrdinalIgnoreCase)) classes.Add(trained.ClassOf(name));
            else classes.AddRange(name.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(trained.ClassOf));
        }

        return [.. classes];
    }

    /// <summary>As <see cref="Read"/> for a model that draws images of a class; refused by one that does not.</summary>
    public int[] ReadDrawn(Session session, TrainedModel trained)
    {
        if (session.Given(_names) && !trained.Any.IsConditional)
            throw new EngineException($"'{trained.Any.Name}' is not told a class, so {_names.Name} says nothing to it. Models that are: {Models.Zoo.NamesOf(model => model.NeedsClasses)}, and gated-pixelcnn trained with --condition.");
        return Read(session, trained);
    }
}
