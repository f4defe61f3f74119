using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Columns;

/// <summary>The draws of <see cref="Columns"/> on the host: the same numbers from the same logits, for samplers that get their logits elsewhere.</summary>
public static unsafe class ColumnHost
{
    /// <summary>One draw: of one value, or of all colours of a position from a mixture.</summary>
    /// <param name="logits">Of the draw.</param>
    /// <param name="values">Written: one level, or one a colour from a mixture.</param>
    /// <param name="seed">Of all images.</param>
    /// <param name="image">Number of the image among all of the seed.</param>
    /// <param name="element">Number of the value in its image, position * colours + colour.</param>
    /// <param name="sharpness">1 / temperature.</param>
    public static void Draw(ReadOnlySpan<float> logits, Span<int> values, ColumnLaw law, ulong seed, ulong image, long element, float sharpness = 1)
    {
        var args = new ColumnArgs { Seed = seed, Colours = values.Length, Sharpness = sharpness };
        var instruction = new ColumnInstruction { Law = law, Channels = logits.Length };
        fixed (float* from = logits)
        fixed (int* to = values)
        {
            new ColumnDraw<V128F, float>(&args, &instruction).Run(from, to, image, element);
        }
    }
}
