using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>Single pictures of the user's own, converted as those of a folder are.</summary>
public static class UserPictures
{
    /// <summary>The middle square of each picture, turned as its EXIF says, scaled, and grey where one channel is wanted. A folder stands for the pictures in it.</summary>
    /// <exception cref="EngineException">A file that cannot be read, is no picture or has no pixels; names it.</exception>
    public static ImageDataset Load(IReadOnlyList<string> paths, int size, int channels)
    {
        string[] files = [.. paths.SelectMany(Expand)];
        int item = size * size * 3;
        var items = new byte[checked(files.Length * item)];
        var scaler = new ImageScaler();
        var square = new byte[item];
        for (int i = 0; i < files.Length; i++)
        {
            try
            {
                Bitmap picture = PictureFile.Decode(File.ReadAllBytes(files[i]), out int orientation);
                scaler.Square(picture.Pixels, picture.Height, picture.Width, 3, square, size);
                Exif.Turn(square, items.AsSpan(i * item, item), size, 3, orientation);
            }
            catch (Exception e) when (e is PictureException or IOException or UnauthorizedAccessException)
            {
                throw new EngineException($"Cannot read the picture '{files[i]}': {e.Message.TrimEnd('.')}.", e);
            }
        }

        return ImageConversion.Apply(new ImageDataset("pictures", "test", size, size, 3, items, null, []), new DataOptions { Channels = channels }, train: false);
    }

    /// <summary>The true drawings of avatars in the size and the channels of a model, [persons, size, size, channels].</summary>
    /// <param name="factors">Rows of <see cref="AvatarFactors.Count"/>.</param>
    public static ImageDataset Avatars(ReadOnlySpan<int> persons, ReadOnlySpan<float> factors, int size, int channels) =>
        ImageConversion.Apply(new ImageDataset(AvatarSource.SetName, "test", size, size, 3, AvatarSource.DrawAll(persons, factors, size), null, []), new DataOptions { Channels = channels }, train: false);

    private static IEnumerable<string> Expand(string path)
    {
        if (!Directory.Exists(path)) return [path];
        string[] files = [.. Directory.EnumerateFiles(path).Where(file => PictureFile.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new EngineException($"The folder '{path}' has no JPEG, PNG or BMP files of its own.");
    }
}
