namespace GenEngine.Kernels.Common;

/// <summary>The arithmetic choice among tiles, where nothing was measured: blocks go out in rounds, and a round lasts as long as one tile.</summary>
internal static class TileChoice
{
    /// <summary>The index, from first on, of the least time; the earlier one of equals.</summary>
    /// <param name="tile">Blocks of the whole launch with a tile, blocks that run at once, and the time that a round takes.</param>
    public static int Least<TState>(int first, int count, in TState state, Func<int, TState, (long Blocks, long Slots, double Round)> tile)
    {
        int best = first;
        double least = double.PositiveInfinity;
        for (int i = first; i < count; i++)
        {
            var (blocks, slots, round) = tile(i, state);
            double time = (blocks + slots - 1) / slots * round;
            if (time < least) (best, least) = (i, time);
        }

        return best;
    }
}
