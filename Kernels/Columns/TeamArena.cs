namespace GenEngine.Kernels.Columns;

/// <summary>Places in shared memory for columns and unfinished sums, used again by others once nobody reads them.</summary>
internal sealed class TeamArena(TeamSchedule schedule)
{
    private readonly List<(int At, int Size, int Last)> _taken = [];

    /// <summary>Floats.</summary>
    public int Size { get; private set; }

    /// <summary>The least multiple of a vector of four that holds so many floats.</summary>
    public static int Padded(int floats) => (floats + 3) / 4 * 4;

    /// <summary>From one image's column to the next: four-float vectors of eight neighbouring images then lie in different banks.</summary>
    public static int StrideOf(int channels)
    {
        int quads = (channels + 3) / 4;
        return 4 * (quads | 1);
    }

    /// <summary>A place from one stage to another. Calls come in order of the first.</summary>
    /// <param name="byOthers">Other ranks write it, so all must have met since its last reader.</param>
    public int Take(int size, int first, int last, bool byOthers)
    {
        size = Padded(size);
        int at = 0;
        foreach (var place in _taken.OrderBy(place => place.At))
        {
            bool free = byOthers ? schedule.MeetsBetween(place.Last, first) : place.Last < first;
            if (!free && place.At < at + size && at < place.At + place.Size) at = place.At + place.Size;
        }

        _taken.Add((at, size, last));
        Size = Math.Max(Size, at + size);
        return at;
    }
}
