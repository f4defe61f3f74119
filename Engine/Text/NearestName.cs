namespace GenEngine.Text;

/// <summary>Finds the valid name that a mistyped one most likely meant, for "did you mean" messages.</summary>
public static class NearestName
{
    /// <summary>
    /// The candidate nearest to <paramref name="name"/>, or null when none is near enough to be worth suggesting.
    /// Case does not count, a candidate that the name begins or is part of counts as one edit, otherwise the
    /// Damerau-Levenshtein distance decides (insert, delete, replace, swap neighbours); the first of equals wins.
    /// </summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        string wanted = name.ToLowerInvariant();
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string candidate in candidates)
        {
            string known = candidate.ToLowerInvariant();
            int distance = Distance(wanted, known);
            if (wanted.Length >= 3 && known.Contains(wanted, StringComparison.Ordinal)) distance = Math.Min(distance, 1);
            // more than half of the letters wrong is a different word, not a slip
            if (distance > Math.Max(1, Math.Max(wanted.Length, known.Length) / 2) || distance >= bestDistance) continue;
            best = candidate;
            bestDistance = distance;
        }
        return best;
    }

    /// <summary>One sentence for an unknown name: what it was, the nearest valid one, and all valid ones.</summary>
    public static string Unknown(string kind, string name, IEnumerable<string> known)
    {
        string[] names = known.ToArray();
        string? nearest = Of(name, names);
        string hint = nearest is null ? "" : $" Did you mean '{nearest}'?";
        return $"Unknown {kind} '{name}'.{hint} Known: {string.Join(", ", names)}.";
    }

    /// <summary>Edits that turn one word into the other, a swap of neighbours counting once (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        int[] before = new int[b.Length + 1], previous = new int[b.Length + 1], current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
            }
            (before, previous, current) = (previous, current, before);
        }
        return previous[b.Length];
    }
}
