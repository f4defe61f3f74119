using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>
/// The built-in set <c>avatars</c>: 64x64 colour faces drawn by code. The class is who it is; pose, expression, light and background
/// are drawn independently of it and kept as <see cref="ImageDataset.Factors"/>. Image i depends on the seed, the split and i alone
/// (of its size, only its pixels depend), and all machines draw the same bytes, see <see cref="AvatarPainter"/>.
/// </summary>
public sealed class AvatarSource : IDataSource
{
    /// <summary>What a user types; images under this name are the ones whose true drawings are known.</summary>
    public const string SetName = "avatars";

    /// <summary>Pixels a side where none are asked for.</summary>
    public const int StandardSize = 64;

    /// <summary>Below, eyes are less than two pixels wide.</summary>
    public const int LeastSize = 16;

    /// <summary>Pixels a side; more is refused.</summary>
    public const int GreatestSize = 1024;

    private const int TrainCount = 16_000;
    private const int TestCount = 4_000;
    private const int ChunkSize = 64;

    /// <summary>Streams of random numbers; digits use 0 to 3.</summary>
    private const ulong TrainFactors = 0x4156_0000, TestFactors = 0x4156_0001, OrderOffset = 2;

    public string Name => SetName;

    public string Summary => "drawn faces, 64x64 colour, 16 people, known pose, expression and light, 16,000 + 4,000, built in";

    public bool BuiltIn => true;

    public IReadOnlyList<string> Splits { get; } = ["train", "test"];

    /// <summary>Names of the people, in the order of their labels.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. AvatarCast.All.Select(who => who.Name)];

    /// <summary>Draws a person in a pose and light: [size, size, 3], RGB, rows from the top.</summary>
    /// <exception cref="EngineException">No such person, or a size out of range.</exception>
    public static byte[] Draw(int person, in AvatarFactors factors, int size = StandardSize)
    {
        if ((uint)person >= (uint)Names.Count) throw new EngineException($"There is no avatar {person}; they are 0 ({Names[0]}) to {Names.Count - 1} ({Names[^1]}).");
        CheckSize(size);
        var pixels = new byte[size * size * 3];
        new AvatarPainter().Draw(AvatarCast.All[person], factors, size, pixels);
        return pixels;
    }

    /// <summary>The same people with factors row by row: the true drawings to set beside a model's. Rows of <see cref="AvatarFactors.Count"/> factors.</summary>
    /// <returns>[persons.Length, size, size, 3].</returns>
    /// <exception cref="EngineException">As <see cref="Draw"/>, or the rows do not fit.</exception>
    public static byte[] DrawAll(ReadOnlySpan<int> persons, ReadOnlySpan<float> factors, int size = StandardSize)
    {
        if (factors.Length != persons.Length * AvatarFactors.Count)
            throw new EngineException($"{persons.Length} avatars need {persons.Length} x {AvatarFactors.Count} factors, not {factors.Length}.");
        var pixels = new byte[persons.Length * size * size * 3];
        for (int i = 0; i < persons.Length; i++)
            Draw(persons[i], AvatarFactors.From(factors.Slice(i * AvatarFactors.Count, AvatarFactors.Count)), size).CopyTo(pixels, i * size * size * 3);
        return pixels;
    }

    public ImageDataset Load(string split, DataOptions options)
    {
        int size = options.Size ?? StandardSize;
        CheckSize(size);
        bool train = split == "train";
        if (train && options.Flip) throw ImageConversion.NotMirrored(Name, AvatarFactors.Names); // before they are drawn
        int count = Math.Min(train ? TrainCount : TestCount, options.Limit ?? int.MaxValue), item = size * size * 3;
        ulong kind = train ? TrainFactors : TestFactors;
        var items = new byte[checked(count * item)];
        var labels = new int[count];
        var factors = new float[count * AvatarFactors.Count];
        Parallel.For(0, (count + ChunkSize - 1) / ChunkSize, () => new AvatarPainter(), (chunk, _, painter) =>
        {
            int end = Math.Min(count, (chunk + 1) * ChunkSize);
            for (int i = chunk * ChunkSize; i < end; i++)
            {
                labels[i] = Label(options.Seed, kind + OrderOffset, i);
                AvatarFactors now = AvatarFactors.Draw(SplitMix64.Stream(options.Seed, kind, (ulong)i));
                now.CopyTo(factors.AsSpan(i * AvatarFactors.Count, AvatarFactors.Count));
                painter.Draw(AvatarCast.All[labels[i]], now, size, items.AsSpan(i * item, item));
            }
            return painter;
        }, _ => { });
        return new ImageDataset(Name, split, size, size, 3, items, labels, Names) { FactorNames = AvatarFactors.Names, Factors = factors };
    }

    public string? Find(DataOptions options) => null;

    private static void CheckSize(int size)
    {
        if (size is < LeastSize or > GreatestSize) throw new EngineException($"Avatars are drawn {LeastSize} to {GreatestSize} pixels wide, not {size}.");
    }

    /// <summary>Each block of sixteen images shows everybody once, in an order of its own.</summary>
    private static int Label(ulong seed, ulong kind, int index)
    {
        int people = AvatarCast.All.Count;
        Span<int> order = stackalloc int[people];
        for (int i = 0; i < people; i++) order[i] = i;
        SplitMix64.Stream(seed, kind, (ulong)(index / people)).Shuffle(order);
        return order[index % people];
    }
}
