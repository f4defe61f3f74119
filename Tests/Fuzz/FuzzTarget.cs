using System.Text.RegularExpressions;
using GenEngine.Numerics;

namespace GenEngine.Tests.Fuzz;

/// <summary>Makes an input of a good one; draws from the stream and from nothing else.</summary>
internal delegate byte[] Mutation(ref SplitMix64 random, byte[] file);

/// <summary>
/// One way in for bytes that strangers made. A new one is a name, good files and a call that reads one; the rest has defaults:
/// <code>new FuzzTarget("config", [good], (path, _) => ConfigFile.Read(path)) { Mutate = Mutator.Json }</code>
/// </summary>
/// <param name="Name">Also chooses the stream of random numbers.</param>
/// <param name="Corpus">Good inputs, small ones; each must be read without complaint.</param>
/// <param name="Read">Reads an input, given where it lies and its bytes; refuses with an exception that its users are told of.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Corpus, Action<string, byte[]> Read)
{
    public Mutation Mutate { get; init; } = Mutator.Bytes;

    /// <summary>Name of the file that the bytes are written to; null when <see cref="Read"/> takes them from memory.</summary>
    public string? FileName { get; init; } = "input.bin";

    /// <summary>What stands in a refusal besides the path: an offset, a line, a field, or the part of the file.</summary>
    public Regex Place { get; init; } = Any;

    /// <summary>Reading may allocate <see cref="Constant"/> and so many bytes for each of the input.</summary>
    public long BytesPerByte { get; init; } = 64;

    public long Constant { get; init; } = 64 << 10;

    private static Regex Any { get; } = new(@"byte|line|LineNumber|'", RegexOptions.CultureInvariant);
}
