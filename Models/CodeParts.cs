namespace GenEngine.Models;

/// <summary>What a part of a code is drawn from.</summary>
public enum CodePartKind
{
    /// <summary>Gaussian noise that stands for nothing in particular.</summary>
    Noise,

    /// <summary>One of so many categories, as a row with a one.</summary>
    Categorical,

    /// <summary>Numbers, each uniform in [-1, 1].</summary>
    Continuous,
}

/// <summary>Columns [Offset, Offset + Size) of a code.</summary>
public sealed record CodePart(string Name, int Offset, int Size, CodePartKind Kind);

/// <summary>A model whose code has parts with meanings of their own.</summary>
public interface ICodeParts
{
    IReadOnlyList<CodePart> CodeParts { get; }
}
