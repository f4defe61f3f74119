using System.Text;
using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>A word of a state: its bytes, its probability there, and the state after it.</summary>
public sealed record WordChoice(string Text, double Probability, int Next);

/// <summary>
/// Text drawn word by word by an automaton whose state 0 begins every sentence. Within a state no word begins another, and every sentence ends with a line feed and nothing else does, so that text
/// read so far tells the state and the letters of the present word: every symbol's law is exact, and so is the entropy rate, the entropy of the words of a sentence over its expected length.
/// </summary>
public sealed class WordAutomaton : ISequenceLaw
{
    private readonly IReadOnlyList<IReadOnlyList<WordChoice>> _states;
    private readonly byte[][][] _words;

    /// <param name="states">Later states come later in the list, or are 0, which ends a sentence.</param>
    /// <exception cref="ArgumentException">Probabilities that are not 1 together, a word that begins another, a cycle, or a sentence's end in the wrong place.</exception>
    public WordAutomaton(IReadOnlyList<IReadOnlyList<WordChoice>> states)
    {
        for (int i = 0; i < states.Count; i++)
        {
            var words = states[i];
            if (Math.Abs(words.Sum(word => word.Probability) - 1) > 1e-12) throw new ArgumentException($"The words of state {i} have probabilities that are not 1 together.", nameof(states));
            if (words.Any(word => words.Any(other => other != word && other.Text.StartsWith(word.Text, StringComparison.Ordinal)))) throw new ArgumentException($"A word of state {i} begins another.", nameof(states));
            if (words.Any(word => word.Next != 0 && (word.Next <= i || word.Next >= states.Count))) throw new ArgumentException($"A word of state {i} leads backwards.", nameof(states));
            if (words.Any(word => word.Next == 0 != word.Text.EndsWith('\n') || word.Text.AsSpan(0, word.Text.Length - 1).Contains('\n'))) throw new ArgumentException($"A word of state {i} ends a line where it should not.", nameof(states));
        }

        _states = states;
        _words = [.. states.Select(words => words.Select(word => Encoding.UTF8.GetBytes(word.Text)).ToArray())];
        var visits = new double[states.Count];
        visits[0] = 1;
        double entropy = 0, length = 0;
        for (int i = 0; i < states.Count; i++)
        {
            for (int w = 0; w < states[i].Count; w++)
            {
                var word = states[i][w];
                double often = visits[i] * word.Probability;
                entropy -= often * Math.Log(word.Probability);
                length += often * _words[i][w].Length;
                if (word.Next != 0) visits[word.Next] += often;
            }
        }

        EntropyRate = new EntropyRate(entropy / length, 0);
    }

    /// <summary>Exact: nats a sentence over bytes a sentence.</summary>
    public EntropyRate EntropyRate { get; }

    /// <summary>Whole sentences until there are at least so many bytes, then cut to them.</summary>
    public byte[] Draw(int length, SplitMix64 random)
    {
        var text = new byte[length];
        for (int at = 0, state = 0; at < length;)
        {
            int w = 0;
            for (double u = random.NextDouble(); w < _states[state].Count - 1 && u >= _states[state][w].Probability; w++) u -= _states[state][w].Probability;
            byte[] word = _words[state][w];
            word.AsSpan(0, Math.Min(word.Length, length - at)).CopyTo(text.AsSpan(at));
            at += word.Length;
            state = _states[state][w].Next;
        }

        return text;
    }

    /// <summary>log p(symbol | past) in nats; negative infinity for what cannot follow.</summary>
    public double LogProbability(ReadOnlySpan<byte> past, byte symbol)
    {
        var sentence = past[(past.LastIndexOf((byte)'\n') + 1)..];
        int state = 0;
        while (Read(state, sentence) is { } word)
        {
            sentence = sentence[_words[state][word].Length..];
            state = _states[state][word].Next;
        }

        double all = 0, followed = 0;
        for (int w = 0; w < _words[state].Length; w++)
        {
            if (!_words[state][w].AsSpan().StartsWith(sentence)) continue;
            all += _states[state][w].Probability;
            if (_words[state][w][sentence.Length] == symbol) followed += _states[state][w].Probability;
        }

        return Math.Log(followed / all);
    }

    /// <summary>The word that the text begins with, whole; null when it is cut short or there is none.</summary>
    private int? Read(int state, ReadOnlySpan<byte> text)
    {
        for (int w = 0; w < _words[state].Length; w++)
            if (text.StartsWith(_words[state][w])) return w;
        return null;
    }
}
