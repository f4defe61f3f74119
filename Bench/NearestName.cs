namespace GenEngine.Bench;

/// <summary>The known name that a misspelt one most likely meant.</summary>
internal static class NearestName
{
    /// <summary>The nearest by edit distance, or null when nothing is near (more than a third of the letters differ).</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        string? best = null;
        int limit = Math.Max(2, name.Length / 3) + 1;
        foreach (string candidate in known)
        {
            int distance = Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance >= limit) continue;
            limit = distance;
            best = candidate;
        }

        return best;
    }

    // Levenshtein (1966), one row at a time
    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
