namespace GenEngine.Models;

/// <summary>What a part of a code is drawn from.</summary>
public enum CodePartKind
{
    /// <summary>Numbers without a meaning of their own.</summary>
    Noise,

    /// <summary>A row with a one.</summary>
    Categorical,

    /// <summary>A factor in [-1, 1].</summary>
    Continuous,
}

/// <summary>A part of a code: the columns [Offset, Offset + Size).</summary>
public sealed record CodePart(string Name, int Offset, int Size, CodePartKind Kind);

/// <summary>A model whose code has parts of known meaning, which can be walked along.</summary>
public interface ICodeParts
{
    /// <summary>In the order of the columns.</summary>
    IReadOnlyList<CodePart> CodeParts { get; }
}

/// <summary>A model that tells categories of images apart that nobody named.</summary>
public interface ICategories
{
    /// <summary>How many; 0 where this one has been built without.</summary>
    int Categories { get; }

    /// <summary>Images whose labels have taught that category i is class i; 0: categories have no names.</summary>
    int Labelled => 0;

    /// <summary>Logits of the categories that images are in, in an <see cref="EvaluationStep"/>: [n, categories].</summary>
    /// <param name="images">[n, pixels], pixels in [0, 1].</param>
    Tensor CategoryLogits(Tensor images);
}
