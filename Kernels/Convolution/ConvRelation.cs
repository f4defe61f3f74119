namespace GenEngine.Kernels.Convolution;

/// <summary>
/// What one filter position joins: the outputs of one phase and one range of channels with input channels First to End - 1 at a distance.
/// A plan is a set of these; its parts are their canonical form.
/// </summary>
internal readonly record struct ConvRelation(int OffsetY, int OffsetX, int Dy, int Dx, int Filter, int FirstOutput, int EndOutput, int First, int End)
{
    /// <summary>Cuts the output channels where the taps change, and lists each stretch's taps; neighbours with the same taps are one.</summary>
    public static IEnumerable<(int First, int End, List<ConvTap> Taps)> Ranges(List<ConvRelation> relations, int channels)
    {
        var cuts = new SortedSet<int> { 0, channels };
        foreach (var relation in relations)
        {
            cuts.Add(relation.FirstOutput);
            cuts.Add(relation.EndOutput);
        }

        int[] edges = [.. cuts];
        (int First, int End, List<ConvTap> Taps)? open = null;
        for (int i = 0; i + 1 < edges.Length; i++)
        {
            var taps = Taps(relations, edges[i], edges[i + 1]);
            if (open is { } last && last.Taps.SequenceEqual(taps))
            {
                open = (last.First, edges[i + 1], taps);
                continue;
            }

            if (open is { } done) yield return done;
            open = (edges[i], edges[i + 1], taps);
        }

        if (open is { } final) yield return final;
    }

    private static List<ConvTap> Taps(List<ConvRelation> relations, int first, int end)
    {
        var taps = new List<ConvTap>();
        foreach (var relation in relations.Where(relation => relation.FirstOutput <= first && relation.EndOutput >= end).OrderBy(relation => relation.Filter).ThenBy(relation => relation.First))
        {
            var tap = new ConvTap(relation.Dy, relation.Dx, relation.Filter, relation.First, relation.End);
            if (taps.Count > 0 && taps[^1] is var last && (last.Filter, last.Dy, last.Dx, last.End) == (tap.Filter, tap.Dy, tap.Dx, tap.First)) taps[^1] = last with { End = tap.End };
            else taps.Add(tap);
        }

        return taps;
    }
}
