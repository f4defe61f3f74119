using GenEngine.Kernels.Columns;

namespace GenEngine;

/// <summary>A layer of a network under <see cref="ColumnBuilder"/>: some channels of a map.</summary>
/// <param name="Map">Index of the map.</param>
/// <param name="First">First channel.</param>
/// <param name="Channels">How many.</param>
/// <param name="Halves">2 when they are the halves of a gate, each with all colours in order; else 1.</param>
/// <param name="When">When it is made.</param>
/// <param name="Constant">True for a condition: nothing makes it.</param>
public readonly record struct ColumnLayer(int Map, int First, int Channels, int Halves, ColumnDomain When, bool Constant = false)
{
    /// <summary>True when it is there before a row begins: it depends on rows above alone, or on nothing.</summary>
    public bool KnownBeforeRow => Constant || When == ColumnDomain.RowStart;
}
