namespace GenEngine.Kernels.Columns;

/// <summary>Taps of a convolution, or parts of them, that can be added at the same stage.</summary>
internal sealed class TeamPart(int stage)
{
    public int Stage { get; set; } = stage;

    /// <summary>Tap of the program, channels of it [First, First + Count), and who makes them at this position; null where they lie in the state.</summary>
    public List<(int Tap, int First, int Count, TeamNode? Maker)> Taps { get; } = [];

    /// <summary>Of each output, one behind the other.</summary>
    public int Additions => Taps.Sum(tap => tap.Count);
}

/// <summary>An instruction that runs at each position: which rank makes which of its channels, when, and where they go.</summary>
internal sealed class TeamNode(int index, ColumnInstruction instruction)
{
    public int Index { get; } = index;

    public ColumnInstruction Instruction { get; } = instruction;

    /// <summary>Channels it makes in its target.</summary>
    public int Made => !IsEveryones ? Instruction.Channels : Instruction.Law == ColumnLaw.LogisticMixture ? MixtureColours : 1;

    public int MixtureColours { get; init; }

    /// <summary>The map of sums begun before the row, and how many taps are in them.</summary>
    public int Begun { get; set; } = -1;
    public int TapsBegun { get; set; }

    /// <summary>2 where halves that a gate brings together belong to one rank.</summary>
    public int Pairs { get; set; } = 1;
    public int Span => Instruction.Channels / Pairs;

    /// <summary>The gate that takes its halves, and nobody else: it is made with them. Of the gate: of whom.</summary>
    public TeamNode? Gate { get; set; }
    public TeamNode? GateOf { get; set; }

    /// <summary>Channels of a span a rank.</summary>
    public int Slice { get; set; }

    /// <summary>A draw: all ranks make it, alike.</summary>
    public bool IsEveryones => Instruction.Kind == ColumnKind.Draw;

    /// <summary>Later positions read it.</summary>
    public bool IsKept { get; set; }

    /// <summary>Other ranks read it at its own position.</summary>
    public bool IsShared { get; set; }

    /// <summary>When its channels are there.</summary>
    public int Stage { get; set; }

    public List<TeamPart> Parts { get; } = [];

    /// <summary>Where its channels lie for readers at its own position; null while there are none.</summary>
    public TeamColumn? Column { get; set; }

    /// <summary>The place of unfinished sums in the arena, floats.</summary>
    public int Sums { get; set; } = -1;

    public int OwnerOf(int channel) => channel % Span / Slice;
}

/// <summary>Channels of a map that lie together in the arena: a node's, or those of several that somebody reads as one.</summary>
internal sealed class TeamColumn(IReadOnlyList<TeamNode> makers)
{
    public IReadOnlyList<TeamNode> Makers { get; } = makers;

    public int First => Makers.Min(node => node.Instruction.FirstTarget);

    public int Channels => Makers.Max(node => node.Instruction.FirstTarget + node.Made) - First;

    public bool IsShared => Makers.Any(node => node.IsShared);

    public int Stage => Makers.Min(node => node.Stage);

    public int LastRead { get; set; }

    /// <summary>Floats of the arena, and from one image to the next.</summary>
    public int Slot { get; set; } = -1;
    public int Stride { get; set; }

    public static TeamColumn Joined(IReadOnlyCollection<TeamNode> makers)
    {
        var columns = makers.Select(node => node.Column ?? new TeamColumn([node])).Distinct().ToArray();
        var all = columns.Length == 1 ? columns[0] : new TeamColumn([.. columns.SelectMany(column => column.Makers)]) { LastRead = columns.Max(column => column.LastRead) };
        foreach (var node in all.Makers) node.Column = all;
        return all;
    }
}

/// <summary>
/// A <see cref="ColumnProgram"/> as a team of blocks sees it: instructions of a row, to which the leading taps of convolutions that read rows above are added, and the nodes of a position
/// with what each reads of the others.
/// </summary>
internal sealed class TeamGraph
{
    private readonly ColumnProgram _program;
    private readonly bool[] _isOfPosition; // maps that positions fill
    private readonly Dictionary<int, List<TeamNode>> _makers = [];
    private readonly List<ColumnInstruction> _rows;
    private readonly List<ColumnMap> _maps;

    public TeamGraph(ColumnProgram program, int blocks)
    {
        _program = program;
        _maps = [.. program.Maps];
        _rows = [.. program.Instructions.Take(program.RowInstructions)];
        StateElements = program.StateElements;
        Nodes = [.. program.Instructions.Skip(program.RowInstructions).Select((x, i) => new TeamNode(i, x) { MixtureColours = program.Colours })];
        _isOfPosition = new bool[program.Maps.Count];
        foreach (var node in Nodes)
        {
            int target = node.Instruction.Target;
            if (target < 0) continue;
            _isOfPosition[target] = true;
            if (!_makers.TryGetValue(target, out var makers)) _makers[target] = makers = [];
            makers.Add(node);
        }

        foreach (var node in Nodes) BeginBeforeRow(node);
        RowLevels = Levels();
        Pair();
        foreach (var node in Nodes) node.Slice = (node.Span + blocks - 1) / blocks;
        foreach (int map in KeptMaps())
        {
            foreach (var node in _makers.GetValueOrDefault(map, [])) node.IsKept = true;
        }

        foreach (var node in Nodes) JoinGate(node);
    }

    public IReadOnlyList<TeamNode> Nodes { get; }

    /// <summary>What runs for a whole row, before its first position.</summary>
    public IReadOnlyList<ColumnInstruction> Rows => _rows;

    /// <summary>Those in groups that need nothing of each other.</summary>
    public IReadOnlyList<TeamRows> RowLevels { get; }

    /// <summary>The program's, and those of begun sums.</summary>
    public IReadOnlyList<ColumnMap> Maps => _maps;

    public long StateElements { get; private set; }

    /// <summary>Cells, and what runs from right to left, are left to the kernel of one block.</summary>
    public static bool Serves(ColumnProgram program) => program.EndInstructions == 0 && program.Instructions.All(x => x.Kind != ColumnKind.Cell);

    public bool IsOfPosition(int map) => map >= 0 && _isOfPosition[map];

    /// <summary>Who makes these channels at a position, in order; null where a node before `reader` does not.</summary>
    public List<(TeamNode Node, int First, int Count)>? Makers(int map, int first, int count, TeamNode reader)
    {
        var parts = new List<(TeamNode, int, int)>();
        for (int at = first; at < first + count;)
        {
            var node = _makers[map].Find(x => x.Instruction.FirstTarget <= at && at < x.Instruction.FirstTarget + x.Made);
            if (node is null || node.Index >= reader.Index) return null;
            int end = Math.Min(first + count, node.Instruction.FirstTarget + node.Made);
            parts.Add((node, at, end - at));
            at = end;
        }

        return parts;
    }

    /// <summary>Whether each rank reads of `maker` what it has made itself, when channel c + shift of the reader needs channel c of the maker, from `first` on.</summary>
    public static bool IsOwn(TeamNode maker, TeamNode reader, int first, int channels, int shift)
    {
        if (maker.IsEveryones) return true;
        for (int c = first; c < first + channels; c++)
        {
            if (maker.OwnerOf(c) != reader.OwnerOf(c + shift)) return false;
        }

        return true;
    }

    private List<TeamRows> Levels()
    {
        var levels = new List<TeamRows>();
        int first = 0;
        for (int i = 0; i < _rows.Count; i++)
        {
            if (!_rows.Skip(first).Take(i - first).Any(before => Reads(_rows[i], before.Target))) continue;
            levels.Add(new TeamRows { First = first, Count = i - first });
            first = i;
        }

        if (first < _rows.Count) levels.Add(new TeamRows { First = first, Count = _rows.Count - first });
        return levels;
    }

    private bool Reads(in ColumnInstruction x, int map)
    {
        if (x.Second == map && x.BackRows == 0) return true;
        if (x.Source != map) return false;
        return x.Kind != ColumnKind.Convolution || Enumerable.Range(x.FirstTap, x.Taps).Any(i => _program.Taps[i].Dy == 0);
    }

    /// <summary>The chain of an output may be cut anywhere and keeps its bits; what it adds first is, of images, the rows above.</summary>
    private void BeginBeforeRow(TeamNode node)
    {
        var x = node.Instruction;
        if (x.Kind != ColumnKind.Convolution || _program.Height == 1) return;
        int count = 0;
        while (count < x.Taps && (_program.Taps[x.FirstTap + count].Dy < 0 || !IsOfPosition(x.Source))) count++;
        if (count == 0) return;
        int stride = ColumnProgram.Rounded(x.Channels);
        _maps.Add(new ColumnMap { Offset = StateElements, Height = _program.Height, Width = _program.Width, RowMask = 0, ColumnMask = -1, RingWidth = _program.Width, Stride = stride });
        StateElements += (long)_program.Width * _program.Batch * stride;
        (node.Begun, node.TapsBegun) = (_maps.Count - 1, count);
        _rows.Add(x with { Second = -1, Target = node.Begun, FirstTarget = 0, Taps = count, Weights = -1, Activation = Common.Activation.None });
    }

    /// <summary>Halves a | b go to one rank where a gate, or what becomes of them before a gate, takes them together.</summary>
    private void Pair()
    {
        var paired = new HashSet<(int Map, int First, int Channels)>();
        foreach (var node in Nodes.Reverse())
        {
            var x = node.Instruction;
            if (x.Kind == ColumnKind.Gate && x.Half == x.Channels) paired.Add((x.Source, x.FirstSource, 2 * x.Half));
            if (x.Kind != ColumnKind.Convolution || !paired.Contains((x.Target, x.FirstTarget, x.Channels))) continue;
            node.Pairs = 2;
            if (x.Second >= 0) paired.Add((x.Second, x.FirstSecond, x.Channels));
        }
    }

    private void JoinGate(TeamNode gate)
    {
        var x = gate.Instruction;
        if (x.Kind != ColumnKind.Gate || !IsOfPosition(x.Source) || IsOfPosition(x.Second)) return;
        var readers = Nodes.Where(node => node.Instruction.Source == x.Source || node.Instruction.Second == x.Source);
        if (_makers[x.Source] is not [{ Pairs: 2, IsKept: false } halves] || halves.Instruction.FirstTarget != x.FirstSource || halves.Span != x.Half || readers.Count() != 1) return;
        (halves.Gate, gate.GateOf) = (gate, halves);
    }

    private HashSet<int> KeptMaps()
    {
        var kept = new HashSet<int>();
        foreach (var x in _rows) kept.UnionWith([x.Source, x.Second]);
        foreach (var x in Nodes.Select(node => node.Instruction))
        {
            if (x.Second >= 0 && x.BackRows != 0) kept.Add(x.Second);
            if (x.Kind == ColumnKind.Convolution && Enumerable.Range(x.FirstTap, x.Taps).Any(i => _program.Taps[i].Dy != 0 || _program.Taps[i].Dx != 0)) kept.Add(x.Source);
        }

        return kept;
    }
}
