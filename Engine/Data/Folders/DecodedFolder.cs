using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>A file that could not be used, and why.</summary>
public sealed record UnreadableFile(string Path, string Reason);

/// <summary>The pictures of a folder as squares of one size, RGB; which of the layout's files they are, and which could not be read.</summary>
/// <param name="Indices">Ascending: image i is file Indices[i] of the layout.</param>
/// <param name="Items">[images, size, size, 3].</param>
internal sealed record DecodedFolder(int[] Indices, byte[] Items, IReadOnlyList<UnreadableFile> Unreadable)
{
    /// <summary>Decodes every file, in parallel; the result does not depend on the order in which that happens.</summary>
    /// <exception cref="EngineException">A picture has no pixels.</exception>
    public static DecodedFolder Decode(string root, FolderLayout layout, int size)
    {
        int item = size * size * 3, count = layout.Files.Count;
        var items = new byte[checked(count * item)];
        var problems = new PictureException?[count];
        Parallel.For(0, count, () => (Scaler: new ImageScaler(), Square: new byte[item]), (i, _, tools) =>
        {
            try
            {
                byte[] file = File.ReadAllBytes(Path.Combine(root, layout.Files[i].Path));
                Bitmap picture = PictureFile.Decode(file, out int orientation);
                tools.Scaler.Square(picture.Pixels, picture.Height, picture.Width, 3, tools.Square, size);
                Exif.Turn(tools.Square, items.AsSpan(i * item, item), size, 3, orientation);
            }
            catch (PictureException e)
            {
                problems[i] = e;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems[i] = new PictureException(e.Message);
            }
            return tools;
        }, _ => { });

        int empty = Array.FindIndex(problems, problem => problem is { ZeroSize: true });
        if (empty >= 0) throw new EngineException($"{Path.Combine(root, layout.Files[empty].Path)}: {problems[empty]!.Message}. Remove it or replace it.");
        int[] good = [.. Enumerable.Range(0, count).Where(i => problems[i] is null)];
        for (int i = 0; i < good.Length; i++) // close the gaps
            if (good[i] != i) items.AsSpan(good[i] * item, item).CopyTo(items.AsSpan(i * item, item));
        if (good.Length < count) Array.Resize(ref items, good.Length * item);
        UnreadableFile[] bad = [.. Enumerable.Range(0, count).Where(i => problems[i] is not null).Select(i => new UnreadableFile(layout.Files[i].Path, problems[i]!.Message))];
        return new DecodedFolder(good, items, bad);
    }
}
