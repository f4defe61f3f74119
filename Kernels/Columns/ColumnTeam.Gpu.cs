using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Columns;

/// <summary>How the blocks of a team reach each other.</summary>
public enum TeamKind
{
    /// <summary>Through distributed shared memory (columns_cluster.cu): compute capability 9 and up.</summary>
    Cluster,

    /// <summary>Through the second cache, in a cooperative launch (columns_grid.cu).</summary>
    Grid,
}

/// <summary>Launches columns_cluster.cu and columns_grid.cu: a team of blocks for 1, 2, 4 or 8 images, with the weights in shared memory.</summary>
public sealed class ColumnTeamGpu : IGpuKernelFamily
{
    private const int Threads = 256, ClusterArch = 90, GridArch = 80;

    // assumed until a GPU has measured them; they decide which kernel runs and thereby no bit
    private const double Clock = 1.98e9, ChainClocks = 4, ItemSeconds = 0.05e-6, ClusterBarrier = 0.13e-6, GridBarrier = 1.2e-6, CacheOfOne = 127e9, CacheOfAll = 6e12;
    private const double BlockBarrier = 0.02e-6, StreamOfOne = 57e9, StepSeconds = 0.3e-6;

    private static readonly Dictionary<(TeamKind Kind, int Images), GpuKernel> s_kernels = (
        from kind in Enum.GetValues<TeamKind>()
        from images in ColumnsGpu.ImageCounts
        select (Key: (kind, images), Kernel: Variant(kind, images))).ToDictionary(x => x.Key, x => x.Kernel);

    public static IEnumerable<GpuKernel> Variants => s_kernels.Values;

    /// <summary>The team of every program of this thread that a team can run; null chooses. For tests: all give the same bits.</summary>
    [field: ThreadStatic]
    public static (TeamKind Kind, int Images)? Forced { get; set; }

    /// <summary>The plan that is expected to be faster than a block for each few images; null where there is none.</summary>
    public static TeamPlan? Choose(GpuDevice device, ColumnProgram program)
    {
        var driver = device.Driver;
        if (Forced is { } forced) return TeamPlan.Create(program, forced.Kind, forced.Images, driver.SharedBytesABlock);
        return ColumnsGpu.ForcedImages is null ? Choose(program, driver.Arch, driver.MultiprocessorCount, driver.SharedBytesABlock) : null;
    }

    /// <summary>The same for a GPU that is described.</summary>
    /// <param name="arch">Compute capability times ten.</param>
    /// <param name="sharedBytes">The most shared memory a block may have.</param>
    public static TeamPlan? Choose(ColumnProgram program, int arch, int multiprocessors, int sharedBytes)
    {
        int teams = multiprocessors / TeamPlan.Blocks;
        if (arch < GridArch || teams == 0) return null;
        int images = ImagesATeam(program.Batch, multiprocessors);
        if (TeamPlan.Create(program, arch >= ClusterArch ? TeamKind.Cluster : TeamKind.Grid, images, sharedBytes) is not { } plan) return null;
        return Seconds(plan, teams) < BlockSeconds(program, multiprocessors) ? plan : null;
    }

    /// <summary>Images a team: as few as let all teams run at once, 8 at most.</summary>
    public static int ImagesATeam(int batch, int multiprocessors) => ColumnsGpu.FewestImages(batch, Math.Max(1, multiprocessors / TeamPlan.Blocks));

    internal static void Launch(GpuDevice device, in ColumnRun run, in TeamMemory memory, in ColumnArgs column, ReadOnlySpan<Access> accesses)
    {
        var plan = memory.Plan;
        var kernel = s_kernels[(plan.Kind, plan.Images)];
        int teams = plan.Teams;
        if (plan.Kind == TeamKind.Grid)
        {
            teams = Math.Min(teams, device.Driver.ResidentBlocks(kernel, Threads, plan.SharedBytes) / TeamPlan.Blocks);
            if (teams == 0) throw new EngineException($"columns: {TeamPlan.Blocks} blocks with {plan.SharedBytes} bytes of shared memory each are not resident together on {device.Driver.Description}.");
        }

        int[] at = plan.TableAt;
        var args = new TeamArgs
        {
            Instructions = memory.Rows.Address,
            Taps = column.Taps,
            Weights = column.Weights,
            State = column.State,
            Values = column.Values,
            Logits = column.Logits,
            Seed = column.Seed,
            FirstImage = column.FirstImage,
            Batch = column.Batch,
            Width = column.Width,
            Positions = column.Positions,
            Colours = column.Colours,
            Levels = column.Levels,
            First = column.First,
            Last = column.Last,
            KeepsLogits = column.KeepsLogits,
            Sharpness = column.Sharpness,
            Tables = memory.Tables.Address,
            Packed = memory.Packed.Address,
            Exchange = memory.Exchange.Address,
            Bar = memory.Barrier.Address,
            Stages = at[0],
            StageCount = plan.StageCount,
            Items = at[1],
            TeamTaps = at[2],
            Gathers = at[3],
            RowLevels = at[4],
            RowLevelCount = plan.RowLevels,
            TeamMaps = at[5],
            Arena = plan.ArenaFloats,
            TableCount = plan.Tables.Length / sizeof(int),
            Resident = plan.RankWeights.Resident,
            FirstWeight = plan.FirstWeight,
            RankFloats = plan.RankWeights.All,
            Ahead = run.Program.Instructions.First(x => x.Kind == ColumnKind.Draw).Ahead,
        };
        var shape = new LaunchShape(teams * TeamPlan.Blocks, 1, 1, Threads, plan.SharedBytes, plan.Kind == TeamKind.Grid);
        device.Launch(kernel, shape, ref args, [Access.Read(memory.Rows), .. accesses[1..], Access.Read(memory.Tables), Access.Read(memory.Packed), Access.Update(memory.Exchange), Access.Update(memory.Barrier)]);
    }

    /// <summary>A position of all images, where so many teams run at once.</summary>
    private static double Seconds(TeamPlan plan, int teams)
    {
        double turns = Math.Ceiling((double)plan.Teams / teams), running = Math.Min(plan.Teams, teams);
        double streamed = sizeof(float) * (double)(plan.RankWeights.All - plan.RankWeights.Resident);
        double waits = (plan.Meetings * (plan.Kind == TeamKind.Cluster ? ClusterBarrier : GridBarrier)) + (plan.StageCount * (BlockBarrier + ItemSeconds)) + (plan.Chain * ChainClocks / Clock);
        double rows = sizeof(float) * (double)plan.RowProducts / TeamPlan.Blocks / Math.Min(CacheOfOne, CacheOfAll / TeamPlan.Blocks / running);
        return turns * (Math.Max(waits, streamed / Math.Min(CacheOfOne, CacheOfAll / TeamPlan.Blocks / running)) + rows);
    }

    /// <summary>The same by columns.cu.</summary>
    private static double BlockSeconds(ColumnProgram program, int multiprocessors)
    {
        int images = ColumnsGpu.ImagesABlock(program.Batch, multiprocessors), blocks = ColumnsGpu.Groups(program.Batch, images);
        double weights = sizeof(float) * (double)program.Products / program.Positions;
        return (weights / Math.Min(StreamOfOne, CacheOfAll / blocks)) + (program.Instructions.Count * StepSeconds);
    }

    private static GpuKernel Variant(TeamKind kind, int images) => kind == TeamKind.Cluster
        ? new GpuKernel("Columns/columns_cluster.cu", "columns_cluster", typeof(TeamArgs), $"IMAGES={images}") { MinArch = ClusterArch }
        : new GpuKernel("Columns/columns_grid.cu", "columns_grid", typeof(TeamArgs), $"IMAGES={images}") { MinArch = GridArch };
}

/// <summary>Device memory of a <see cref="TeamPlan"/>, beside the program's.</summary>
/// <param name="Plan">What lies in it.</param>
/// <param name="Tables">The plan's tables, read.</param>
/// <param name="Packed">Each rank's weights, read.</param>
/// <param name="Rows">Row instructions as <see cref="ColumnInstruction"/>, read.</param>
/// <param name="Exchange">float32, updated: where teams of a grid hand columns over; a cluster uses none of it.</param>
/// <param name="Barrier">Two u32, zero before the first launch, updated.</param>
public readonly record struct TeamMemory(TeamPlan Plan, BufferRange Tables, BufferRange Packed, BufferRange Rows, BufferRange Exchange, BufferRange Barrier);

[StructLayout(LayoutKind.Sequential)]
internal struct TeamArgs
{
    public ulong Instructions;
    public ulong Taps;
    public ulong Weights;
    public ulong State;
    public ulong Values;
    public ulong Logits;
    public ulong Tables;
    public ulong Packed;
    public ulong Exchange;
    public ulong Bar;
    public ulong Seed;
    public ulong FirstImage;
    public int Batch;
    public int Width;
    public int Positions;
    public int Colours;
    public int Levels;
    public int First;
    public int Last;
    public int KeepsLogits;
    public float Sharpness;
    public int Stages;
    public int StageCount;
    public int Items;
    public int TeamTaps;
    public int Gathers;
    public int RowLevels;
    public int RowLevelCount;
    public int TeamMaps;
    public int Arena;
    public int TableCount;
    public int Resident;
    public int FirstWeight;
    public int RankFloats;
    public int Ahead;
}
