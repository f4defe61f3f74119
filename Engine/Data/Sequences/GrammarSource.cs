using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>
/// The built-in set <c>text</c>: English sentences of a small grammar in which the verb agrees with its subject, across an adjective and a
/// relative clause; its entropy rate is known exactly.
/// </summary>
public sealed class GrammarSource : ISequenceSource
{
    private const int TrainLength = 1_000_000, TestLength = 50_000;
    private const ulong Kind = 0x5445_5854;

    private static readonly string[] s_adjectives = ["old", "small", "quiet", "green", "clever"];
    private static readonly string[] s_nouns = ["cat", "bird", "dog", "girl", "king", "robot", "tree", "horse"];
    private static readonly string[] s_verbs = ["see", "like", "draw", "follow", "hear", "find"];

    public string Name => "text";

    public string Summary => "sentences of a small grammar, 1,000,000 + 50,000 bytes whose entropy rate is known exactly, built in";

    public bool BuiltIn => true;

    /// <summary>The law of the set.</summary>
    public static WordAutomaton Grammar { get; } = new(States());

    public SequenceDataset Load(string split, SequenceOptions options)
    {
        bool train = split == "train";
        byte[] text = Grammar.Draw(train ? TrainLength : TestLength, SplitMix64.Stream(options.Seed, Kind, train ? 0UL : 1UL));
        return new SequenceDataset(Name, split, SequenceKind.Text, [text]) { Law = Grammar };
    }

    private static IReadOnlyList<IReadOnlyList<WordChoice>> States()
    {
        // 0 determiner; 1 adjective or subject; 2 subject; 3, 4 clause or verb of one, of many; 5, 6 the verb behind a clause; 7 object's determiner; 8 adjective or object; 9 object
        const int Subject = 2, One = 3, Many = 4, OneAfter = 5, ManyAfter = 6, ObjectBegins = 7, ObjectOrAdjective = 8, Object = 9;
        WordChoice[] subjects = [.. s_nouns.Select(noun => new WordChoice(noun + " ", 0.6 / s_nouns.Length, One)), .. s_nouns.Select(noun => new WordChoice(noun + "s ", 0.4 / s_nouns.Length, Many))];
        WordChoice[] objects = [.. s_nouns.Select((noun, i) => new WordChoice(noun + ".\n", Weight(i), 0))];
        return
        [
            [new("the ", 0.7, 1), new("some ", 0.3, 1)],
            OrAdjective(subjects, Subject),
            subjects,
            [new("who sleeps ", 0.25, OneAfter), .. Verbs("s ", 0.75)],
            [new("who sleep ", 0.25, ManyAfter), .. Verbs(" ", 0.75)],
            Verbs("s ", 1),
            Verbs(" ", 1),
            [new("the ", 0.5, ObjectOrAdjective), new("a ", 0.35, ObjectOrAdjective), new("no ", 0.15, ObjectOrAdjective)],
            OrAdjective(objects, Object),
            objects,
        ];

        static WordChoice[] OrAdjective(WordChoice[] nouns, int behind) =>
            [.. s_adjectives.Select(adjective => new WordChoice(adjective + " ", 0.3 / s_adjectives.Length, behind)), .. nouns.Select(noun => noun with { Probability = 0.7 * noun.Probability })];

        static WordChoice[] Verbs(string ending, double share) => [.. s_verbs.Select((verb, i) => new WordChoice(verb + ending, share * 2 * (i + 1) / (s_verbs.Length * (s_verbs.Length + 1)), ObjectBegins))];

        static double Weight(int i) => 2.0 * (i + 1) / (s_nouns.Length * (s_nouns.Length + 1));
    }
}
