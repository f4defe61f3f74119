using System.Numerics;
using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Columns;

/// <summary>One draw from the logits of one position; the arithmetic of the Sampling family, with a number of its own for each value of each image.</summary>
internal readonly unsafe ref struct ColumnDraw<V, T>(ColumnArgs* args, ColumnInstruction* instruction)
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <param name="values">Written: the level; all colours' for a mixture.</param>
    /// <param name="image">Number of the image among all of the seed.</param>
    /// <param name="element">Number of the value in its image.</param>
    public void Run(T* logits, int* values, ulong image, long element)
    {
        var stream = new PhiloxStream(args->Seed, image, Columns.Stream);
        T sharpness = T.CreateTruncating(args->Sharpness);
        switch (instruction->Law)
        {
            case ColumnLaw.Bernoulli:
                T probability = VecLanes<V, T>.First(VecMath.Sigmoid<V, T>(V.Create(logits[0] * sharpness)));
                values[0] = LogitDraw<V, T>.Uniform(stream.Word(element)) < probability ? 1 : 0;
                break;
            case ColumnLaw.Categorical:
                values[0] = LogitDraw<V, T>.Choice(logits, instruction->Channels, LogitDraw<V, T>.Uniform(stream.Word(element)), sharpness);
                break;
            default:
                T* x = stackalloc T[3];
                int components = instruction->Channels / (1 + ((args->Colours == 1 ? 2 : 3) * args->Colours));
                LogitDraw<V, T>.Mixture(logits, components, args->Colours, stream.Words((uint)element), sharpness, values, x);
                break;
        }
    }
}
