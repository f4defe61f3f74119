using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Columns;

/// <summary>
/// How a team of blocks runs a <see cref="ColumnProgram"/> together, each with a share of the outputs of every layer and with that share's weights in its own shared memory: for
/// columns_cluster.cu, whose blocks write into each other's, and columns_grid.cu, whose blocks meet in the second cache. The bits are those of <see cref="Columns"/>.
/// </summary>
public sealed class TeamPlan
{
    /// <summary>Blocks of a team: the largest cluster that every GPU of compute capability 9 forms.</summary>
    public const int Blocks = 8;

    private readonly TeamWeights _weights;

    private TeamPlan(ColumnProgram program, TeamKind kind, int images, TeamWeights weights) => (Program, Kind, Images, _weights) = (program, kind, images, weights);

    /// <summary>What is run.</summary>
    public ColumnProgram Program { get; }

    /// <summary>How its blocks reach each other.</summary>
    public TeamKind Kind { get; }

    /// <summary>Images of a team, as many as its kernel is compiled for; the last team may have fewer.</summary>
    public int Images { get; }

    /// <summary>Teams that the batch makes.</summary>
    public int Teams => ColumnsGpu.Groups(Program.Batch, Images);

    /// <summary>Elements of the state: the program's, and sums begun before a row.</summary>
    public long StateElements { get; private init; }

    /// <summary>Stages of a position, with a barrier behind each.</summary>
    public int StageCount => Stages.Length;

    /// <summary>How many of these barriers are the team's.</summary>
    public int Meetings => Stages.Count(stage => stage.Meets == 1);

    /// <summary>Bytes of dynamic shared memory a block.</summary>
    public int SharedBytes { get; private init; }

    /// <summary>Floats of a rank's weights that stay in shared memory, and of all its weights.</summary>
    public (int Resident, int All) RankWeights => (_weights.Resident, _weights.RankFloats);

    /// <summary>Floats that each team of a grid hands over through memory; none in a cluster.</summary>
    public long ExchangeFloats => Kind == TeamKind.Grid ? Teams * (long)ArenaFloats : 0;

    /// <summary>Additions one behind the other at a position: the longest of each stage.</summary>
    internal long Chain { get; private init; }

    /// <summary>Weights of a row, each once a column.</summary>
    internal long RowProducts { get; private init; }

    internal TeamStage[] Stages { get; private init; } = [];
    internal int RowLevels { get; private init; }

    /// <summary>What runs for a whole row, before its first position; one empty instruction where nothing does.</summary>
    public ColumnInstruction[] Rows { get; private init; } = [];

    /// <summary>Floats of shared memory for columns and unfinished sums.</summary>
    internal int ArenaFloats { get; private init; }
    internal int FirstWeight { get; private init; }

    /// <summary>Everything that the kernel looks up, one table behind the other, each at a multiple of 16 bytes.</summary>
    public byte[] Tables { get; private init; } = [];

    /// <summary>Where in them, words: stages, items, taps, gathers, levels of rows, maps.</summary>
    internal int[] TableAt { get; private init; } = [];

    /// <summary>Each rank's weights as its shared memory wants them, [Blocks, floats of a rank]: made anew by each call.</summary>
    public float[] Pack() => _weights.Pack();

    /// <summary>Null for a program that teams cannot run: cells, what runs from right to left, draws of what no position makes, or stages that overflow shared memory.</summary>
    /// <param name="images">Of a team: 1, 2, 4 or 8.</param>
    /// <param name="sharedBytes">The most shared memory a block may have.</param>
    public static TeamPlan? Create(ColumnProgram program, TeamKind kind, int images, int sharedBytes)
    {
        if (!TeamGraph.Serves(program)) return null;
        var graph = new TeamGraph(program, Blocks);
        if (TeamSchedule.Create(graph, program) is not { } schedule) return null;
        var arena = new TeamArena(schedule);
        foreach (var (first, take) in Places(graph, arena, images).OrderBy(place => place.First)) take(first);
        var weights = new TeamWeights(program, graph, schedule, Blocks);
        var writer = new TeamWriter(program, graph, schedule, weights, images);
        int used = arena.Size + (writer.TableBytes / sizeof(float)) + ValueFloats(program, images);
        if (!weights.Fit((sharedBytes / sizeof(float)) - used)) return null;
        writer.Write(used);
        var (tables, at) = Joined([Bytes(writer.Stages), Bytes(writer.Items), Bytes(writer.Taps), Bytes(writer.Gathers), Bytes(graph.RowLevels), Bytes(graph.Maps)]);
        return new TeamPlan(program, kind, images, weights)
        {
            StateElements = graph.StateElements,
            SharedBytes = sizeof(float) * (used + weights.Resident + (2 * weights.Buffer)),
            Chain = writer.Chain,
            RowProducts = graph.Rows.Where(x => x.Kind == ColumnKind.Convolution).Sum(x => (long)x.Channels * Enumerable.Range(x.FirstTap, x.Taps).Sum(i => program.Taps[i].Count)),
            Stages = writer.Stages,
            Tables = tables,
            TableAt = at,
            RowLevels = graph.RowLevels.Count,
            Rows = graph.Rows.Count > 0 ? [.. graph.Rows] : [default],
            FirstWeight = used,
            ArenaFloats = arena.Size,
        };
    }

    /// <summary>Values given and drawn, of each colour and image.</summary>
    internal static int ValueFloats(ColumnProgram program, int images) => TeamArena.Padded(2 * images * program.Colours);

    private static IEnumerable<(int First, Action<int> Take)> Places(TeamGraph graph, TeamArena arena, int images)
    {
        foreach (var column in graph.Nodes.Select(node => node.Column).OfType<TeamColumn>().Distinct())
        {
            column.Stride = TeamArena.StrideOf(column.Channels);
            yield return (column.Stage, first => column.Slot = arena.Take(images * column.Stride, first, column.LastRead, byOthers: column.IsShared));
        }

        foreach (var node in graph.Nodes)
        {
            if (node.Parts.Count > 1) yield return (node.Parts[0].Stage, first => node.Sums = arena.Take(images * node.Pairs * node.Slice, first, node.Stage, byOthers: false));
            if (node.Instruction.Kind == ColumnKind.Draw) yield return (node.Stage, first => node.Sums = arena.Take(images * node.Instruction.Channels, first, node.Stage, byOthers: false));
        }
    }

    private static byte[] Bytes<T>(IEnumerable<T> table) where T : unmanaged => MemoryMarshal.AsBytes<T>(table.ToArray()).ToArray();

    private static (byte[] All, int[] At) Joined(byte[][] tables)
    {
        var all = new List<byte>();
        int[] at = new int[tables.Length];
        for (int i = 0; i < tables.Length; i++)
        {
            at[i] = all.Count / sizeof(int);
            all.AddRange(tables[i]);
            while (all.Count % 16 != 0) all.Add(0);
        }

        return ([.. all], at);
    }

    internal static int Rounded<T>(int count) => ((count * Unsafe.SizeOf<T>()) + 15) / 16 * 16;
}
