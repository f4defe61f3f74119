using System.Text;
using System.Text.RegularExpressions;
using GenEngine.Numerics;

namespace GenEngine.Tests.Fuzz;

/// <summary>One change of a JSON text, token by token. Texts are taken for Latin-1, so that bytes stay what they are.</summary>
internal static partial class JsonMutation
{
    /// <summary>Numbers at the ends of what types hold, and some that are none.</summary>
    public static IReadOnlyList<string> Numbers { get; } =
    [
        "0", "-0", "-1", "1", "2", "1.5", "1e999", "-1e999", "1e-400", "1E5", "255", "65536", "2147483647", "2147483648", "-2147483648", "4294967296", "9007199254740993", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "3.4e39", "1.7976931348623157e308", "00", "0x10", "1.", ".5", "+1", "NaN", "Infinity",
        new string('9', 200), "0." + new string('0', 200) + "1",
    ];

    private static readonly string[] s_values =
    [
        "null", "true", "false", "{}", "[]", "\"\"", "[null]", "[[]]", "{\"a\":null}", "\"\\ud800\"", "\"\\u0000\"", "\"\\x\"", "\"\u00FF\u00FE\"", "\"../../x\"", "\"" + new string('a', 1000) + "\"",
        new string('[', 100) + new string(']', 100), string.Concat(Enumerable.Repeat("{\"a\":", 70)) + "1" + new string('}', 70), "[" + string.Join(',', Enumerable.Repeat("0", 500)) + ",[]]",
    ];

    public static byte[] Change(ref SplitMix64 random, byte[] file)
    {
        string text = Encoding.Latin1.GetString(file);
        var tokens = Token().Matches(text);
        if (tokens.Count == 0) return Encoding.Latin1.GetBytes(s_values[random.Next(s_values.Length)]);
        var token = tokens[random.Next(tokens.Count)];
        char first = token.Value[0];
        int kind = random.Next(8);
        string changed = kind switch
        {
            0 when first is '"' => Replaced(text, token, $"\"{token.Value[1..^1]}x\""),
            1 => Replaced(text, token, ""),
            2 => Doubled(ref random, text),
            3 => Removed(ref random, text),
            4 when tokens[random.Next(tokens.Count)] is var other => Replaced(text, token, other.Value),
            5 when first is '"' && token.Length > 2 => Replaced(text, token, token.Value.Insert(1 + random.Next(token.Length - 1), ((char)random.Next(256)).ToString())),
            6 => Replaced(text, token, s_values[random.Next(s_values.Length)]),
            _ when NumbersOf(tokens) is { Count: > 0 } numbers => Replaced(text, numbers[random.Next(numbers.Count)], Numbers[random.Next(Numbers.Count)]),
            _ => Replaced(text, token, s_values[random.Next(s_values.Length)]),
        };
        return Encoding.Latin1.GetBytes(changed);
    }

    private static List<Match> NumbersOf(MatchCollection tokens) => [.. tokens.Where(token => token.Value[0] is '-' or (>= '0' and <= '9'))];

    private static string Replaced(string text, Match token, string by) => text[..token.Index] + by + text[(token.Index + token.Length)..];

    /// <summary>A property, or an object of a list, a second time.</summary>
    private static string Doubled(ref SplitMix64 random, string text)
    {
        var properties = Property().Matches(text);
        if (properties.Count == 0) return text + text;
        var property = properties[random.Next(properties.Count)];
        return text.Insert(property.Index, property.Value + ",");
    }

    private static string Removed(ref SplitMix64 random, string text)
    {
        var properties = Property().Matches(text);
        if (properties.Count == 0) return text[..(text.Length / 2)];
        var property = properties[random.Next(properties.Count)];
        int end = property.Index + property.Length;
        return text[..property.Index] + text[(end < text.Length && text[end] == ',' ? end + 1 : end)..];
    }

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[{}\[\]:,]
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline)]
    private static partial Regex Token();

    /// <summary>A name with a plain value, or a list of them.</summary>
    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|\[[^\[\]{}]*\]|\{[^{}]*\})
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline)]
    private static partial Regex Property();
}
