using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Columns;

/// <summary>What lies between two barriers of <see cref="TeamPlan"/>; mirrors TeamStage of columns_team.cuh, as the structs below do theirs.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TeamStage
{
    public int FirstItem;
    public int Items;

    /// <summary>Lanes of all items, each rounded up to whole warps.</summary>
    public int Lanes;

    /// <summary>1 where the whole team meets behind it, 0 for the block alone.</summary>
    public int Meets;

    /// <summary>What blocks without distributed shared memory fetch behind the meeting.</summary>
    public int FirstGather;
    public int Gathers;

    /// <summary>Weights that the next stage streams: from there in the rank's own, so many floats, to there in shared memory.</summary>
    public int Copy;
    public int CopyCount;
    public int CopyTo;
}

/// <summary>Where a column lies: in the arena of shared memory, images apart by Stride, or (Slot below 0) in a map of the state; Map below 0 too for nowhere.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TeamRef
{
    public int Slot;
    public int Stride;
    public int Map;
    public int First;

    public static TeamRef None => new() { Slot = -1, Map = -1 };
}

/// <summary>One stage's part of an instruction. Rank r owns the channels [r * Slice, (r + 1) * Slice) of each of Pairs spans; lanes of a channel's pair are neighbours but for the images.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TeamItem
{
    public ColumnKind Kind;

    /// <summary>Its first lane of the stage, a multiple of a warp.</summary>
    public int FirstLane;
    public int Span;
    public int Slice;
    public int Pairs;
    public int FirstTap;
    public int Taps;

    /// <summary>Where unfinished sums wait in the arena; -1 where the item begins and finishes them.</summary>
    public int Sums;

    /// <summary>1 when the sums go on from there.</summary>
    public int Continues;

    /// <summary>1 when the sums are whole behind it.</summary>
    public int Finishes;

    /// <summary>The map of sums that were begun before the row; -1 for none.</summary>
    public int Begun;

    /// <summary>Floats of shared memory to the rank's biases; -1 for none.</summary>
    public int Bias;
    public Activation Activation;
    public float Slope;
    public TeamRef Source;

    /// <summary>The second half of a gate's source; of sums that a gate takes at once (Gated), the gate's condition.</summary>
    public TeamRef Gate;
    public TeamRef Second;
    public int Gated;
    public int Half;
    public int BackRows;
    public TeamRef Target;

    /// <summary>1 when other ranks read the target too.</summary>
    public int Shared;

    /// <summary>An embedding's table, elements of the program's weights, and its stride.</summary>
    public int Table;
    public int TableStride;
    public ColumnLaw Law;
    public int Colour;
    public int Channels;
}

/// <summary>A tap of an item, or a part of one: Slot as in <see cref="TeamRef"/>; weights [Slice, Pairs, Count], rows WeightStride apart, at so many floats of shared memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TeamTap
{
    public TeamRef From;
    public int Dy;
    public int Dx;
    public int Count;
    public int Weights;
    public int WeightStride;
}

/// <summary>A column that all ranks need.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TeamGather
{
    public int Slot;
    public int Stride;
    public int Channels;
}

/// <summary>Row instructions that run side by side.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TeamRows
{
    public int First;
    public int Count;
}
