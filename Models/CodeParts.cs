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

/// <summary>A model whose code has parts of known meaning, which can be walked along and read off images.</summary>
public interface ICodeParts
{
    /// <summary>In the order of the columns.</summary>
    IReadOnlyList<CodePart> CodeParts { get; }

    /// <summary>What images say of their code, in an <see cref="EvaluationStep"/>: logits of the category [n, categories] and means of the continuous codes [n, their number].</summary>
    /// <param name="images">[n, pixels], pixels in [0, 1].</param>
    (Tensor Logits, Tensor Means) Infer(Tensor images);
}
