using GenEngine.Files;
using GenEngine.Plots;

namespace GenEngine.Models;

/// <summary>
/// What a model makes of the same noise at any moment of its training: 8 rows, a class or a category a column where it has them. The noise is fixed by the context's seed through a random stream of its own, and the
/// stream that training draws from is put back as it was, so looking changes nothing.
/// </summary>
public static class FixedSamples
{
    private const int Side = 8;

    /// <summary>The key of the noise is the seed with these bits turned, which no step draws with.</summary>
    private const ulong Stream = 0x5A17_F1ED_0000_0001;

    /// <summary>True for models of images; sound and text show nothing on a sheet.</summary>
    public static bool CanShow(IModel model) => model is GenerativeModel or PixelModel;

    /// <summary>The sheet, between two steps.</summary>
    /// <param name="model">One that <see cref="CanShow"/>.</param>
    /// <param name="classNames">Of a conditional model, for the columns.</param>
    public static Bitmap Draw(ZooModel model, IReadOnlyList<string> classNames)
    {
        using var aside = new AsideRandom(model.Context, model.Context.Seed ^ Stream);
        if (model is PixelModel pixels) return Pixels(pixels, Side);
        return model.IsConditional ? LatentPictures.ClassTable(model, classNames, Side) : LatentPictures.Samples(model, Side * Side, Side);
    }

    /// <summary>Draws of a pixel model: a class or category a column where it has them.</summary>
    public static Bitmap Pixels(PixelModel model, int rows)
    {
        int kinds = model is ICategories { Categories: > 0 and var found } ? found : model.IsConditional ? model.Data.Classes : 0, columns = kinds > 0 ? kinds : Side;
        int[]? tiles = kinds > 0 ? [.. Enumerable.Range(0, rows * columns).Select(tile => tile % columns)] : null;
        float[] images = model.IsConditional
            ? PixelRuns.Images(model, rows * columns, tiles)
            : PixelRuns.Images(model, rows * columns, null, new PixelDraw { Codes = tiles is null ? null : ModelRuns.OneHot(tiles, kinds) });
        return LatentPictures.Grid(model, images, columns);
    }
}
