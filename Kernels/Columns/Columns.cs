using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Columns;

/// <summary>
/// Runs a <see cref="ColumnProgram"/> over a stretch of positions in one launch: for each position the new column of every layer, then a draw from the logits. Everything that a
/// later position needs lies in the state, so stretches follow each other. Each output is the chain of the summation law, so logits and samples are those of the full forward pass.
/// Images are independent: on the CPU each thread takes its share of them through all positions, on a GPU a block takes one or a few, and nobody waits for another.
/// </summary>
public static class Columns
{
    /// <summary>The stream of random numbers that draws take; image n's number for value i is element i of (seed, offset n, this stream), whatever the batch.</summary>
    public const uint Stream = 0x5A4D7E01;

    private const string Name = "columns";

    /// <param name="device">Where all ranges lie.</param>
    /// <param name="run">Extents and the stretch.</param>
    /// <param name="memory">The program's tables and what it works on.</param>
    /// <exception cref="EngineException">A range is too short or not aligned, or positions lie outside the program.</exception>
    public static void Run(Device device, in ColumnRun run, in ColumnMemory memory)
    {
        var program = run.Program;
        if (run.First < 0 || run.Last > program.Positions || run.First >= run.Last)
            throw new EngineException($"{Name}: positions {run.First} to {run.Last} of {program.Positions}.");
        long values = (long)program.Batch * program.Positions * program.Colours;
        var instructions = memory.Instructions;
        var taps = memory.Taps;
        var maps = memory.Maps;
        var weights = memory.Weights.First(Name, "weights", DType.Float32, program.Weights.Length);
        if (memory.Team is { } given && given.Plan.Program != program) throw new EngineException($"{Name}: the team's plan is of another program.");
        var state = memory.State.First(Name, "state", DType.Float32, memory.Team?.Plan.StateElements ?? program.StateElements);
        if (state.Address % 16 != 0) throw new EngineException($"{Name}: the state must be aligned to 16 bytes; a buffer of its own is.");
        var drawn = memory.Values.First(Name, "values", DType.Int32, values);
        var logits = memory.Logits?.First(Name, "logits", DType.Float32, values * program.Logits);
        var args = new ColumnArgs
        {
            Instructions = instructions.Address,
            Taps = taps.Address,
            Maps = maps.Address,
            Weights = weights.Address,
            State = state.Address,
            Values = drawn.Address,
            Logits = logits?.Address ?? 0,
            Seed = run.Seed,
            FirstImage = run.FirstImage,
            Batch = program.Batch,
            Width = program.Width,
            Positions = program.Positions,
            Colours = program.Colours,
            Levels = program.Levels,
            RowInstructions = program.RowInstructions,
            EndInstructions = program.EndInstructions,
            Count = program.Instructions.Count,
            First = run.First,
            Last = run.Last,
            KeepsLogits = logits is null ? 0 : 1,
            Sharpness = run.Sharpness,
        };
        Span<Access> accesses =
        [
            Access.Read(instructions), Access.Read(taps), Access.Read(maps), Access.Read(weights), Access.Update(state), Access.Update(drawn), Access.Update(logits ?? default),
        ];
        if (logits is null) accesses = accesses[..^1];
        if (device is not GpuDevice gpu) ColumnsCpu.Launch((CpuDevice)device, ref args, accesses);
        else if (memory.Team is { } team) ColumnTeamGpu.Launch(gpu, run, team, args, accesses);
        else ColumnsGpu.Launch(gpu, ref args, accesses);
    }
}

/// <summary>One launch of a program.</summary>
/// <param name="Program">Its extents are the launch's.</param>
/// <param name="First">Position y * width + x to begin with.</param>
/// <param name="Last">The position behind the last.</param>
/// <param name="Seed">Of the draws.</param>
public readonly record struct ColumnRun(ColumnProgram Program, int First, int Last, ulong Seed)
{
    /// <summary>Number of the batch's first image among all that are drawn with this seed.</summary>
    public ulong FirstImage { get; init; }

    /// <summary>1 / temperature: what logits are multiplied by before a categorical or Bernoulli draw.</summary>
    public float Sharpness { get; init; } = 1;
}

/// <summary>Device memory of a program.</summary>
/// <param name="Instructions">As <see cref="ColumnInstruction"/>, read.</param>
/// <param name="Taps">As <see cref="ColumnTap"/>, read.</param>
/// <param name="Maps">As <see cref="ColumnMap"/>, read.</param>
/// <param name="Weights">float32, read.</param>
/// <param name="State">float32, updated; aligned to 16 bytes.</param>
/// <param name="Values">int32 [batch, positions, colours], updated: a value below 0 is to be drawn, others are given.</param>
/// <param name="Logits">float32 [batch, positions, colours, logits], updated where a draw passes; null to keep none.</param>
public readonly record struct ColumnMemory(
    BufferRange Instructions, BufferRange Taps, BufferRange Maps, BufferRange Weights, BufferRange State, BufferRange Values, BufferRange? Logits)
{
    /// <summary>A plan of the program and its memory, to let a team of blocks run it; null for a block that runs alone. The state is then as long as the plan says.</summary>
    public TeamMemory? Team { get; init; }
}

[StructLayout(LayoutKind.Sequential)]
internal struct ColumnArgs
{
    public ulong Instructions;
    public ulong Taps;
    public ulong Maps;
    public ulong Weights;
    public ulong State;
    public ulong Values;
    public ulong Logits;
    public ulong Seed;
    public ulong FirstImage;
    public int Batch;
    public int Width;
    public int Positions;
    public int Colours;
    public int Levels;
    public int RowInstructions;
    public int EndInstructions;
    public int Count;
    public int First;
    public int Last;
    public int KeepsLogits;
    public float Sharpness;
}
