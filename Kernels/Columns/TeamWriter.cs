namespace GenEngine.Kernels.Columns;

/// <summary>Writes the tables that a team's kernel reads.</summary>
internal sealed class TeamWriter
{
    private const int Warp = 32;

    private readonly ColumnProgram _program;
    private readonly TeamGraph _graph;
    private readonly TeamSchedule _schedule;
    private readonly TeamWeights _weights;
    private readonly int _images;
    private int _firstWeight;

    public TeamWriter(ColumnProgram program, TeamGraph graph, TeamSchedule schedule, TeamWeights weights, int images)
    {
        (_program, _graph, _schedule, _weights, _images) = (program, graph, schedule, weights, images);
        int items = graph.Nodes.Where(node => node.GateOf is null).Sum(node => Math.Max(1, node.Parts.Count)), taps = graph.Nodes.Sum(node => node.Parts.Sum(part => part.Taps.Count));
        TableBytes = TeamPlan.Rounded<TeamStage>(schedule.Count) + TeamPlan.Rounded<TeamItem>(items) + TeamPlan.Rounded<TeamTap>(taps) + TeamPlan.Rounded<TeamGather>(graph.Nodes.Count(node => node.IsShared))
            + TeamPlan.Rounded<TeamRows>(graph.RowLevels.Count) + TeamPlan.Rounded<ColumnMap>(graph.Maps.Count);
        Stages = new TeamStage[schedule.Count];
    }

    public int TableBytes { get; }
    public TeamStage[] Stages { get; }
    public List<TeamItem> Items { get; } = [];
    public List<TeamTap> Taps { get; } = [];
    public List<TeamGather> Gathers { get; } = [];

    /// <summary>Additions one behind the other: the longest item of each stage.</summary>
    public long Chain => Stages.Sum(stage => (long)Items.Skip(stage.FirstItem).Take(stage.Items).Select(Additions).DefaultIfEmpty().Max());

    /// <param name="firstWeight">Floats of shared memory before the weights.</param>
    public void Write(int firstWeight)
    {
        _firstWeight = firstWeight;
        for (int stage = 0; stage < Stages.Length; stage++) Write(stage, ref Stages[stage]);
        var met = new List<TeamNode>();
        for (int stage = 0; stage < Stages.Length; stage++)
        {
            met.AddRange(_graph.Nodes.Where(node => node.IsShared && node.Stage == stage));
            Stages[stage].FirstGather = Gathers.Count;
            if (!_schedule.Meets(stage)) continue;
            foreach (var node in met) Gathers.Add(new TeamGather { Slot = Own(node).Slot, Stride = node.Column!.Stride, Channels = node.Made });
            Stages[stage].Gathers = met.Count;
            met.Clear();
        }
    }

    private void Write(int number, ref TeamStage stage)
    {
        stage = new TeamStage { FirstItem = Items.Count, Meets = _schedule.Meets(number) ? 1 : 0 };
        foreach (var node in _graph.Nodes)
        {
            if (node.Parts.Count == 0 && node.Stage == number && node.GateOf is null) Add(ref stage, Item(node));
            for (int i = 0; i < node.Parts.Count; i++)
            {
                if (node.Parts[i].Stage == number) Add(ref stage, Part(node, i));
            }
        }

        stage.Items = Items.Count - stage.FirstItem;
        int next = (number + 1) % Stages.Length;
        (stage.Copy, stage.CopyCount) = _weights.Chunk(next);
        stage.CopyTo = _firstWeight + _weights.BufferAt(next);
    }

    private void Add(ref TeamStage stage, TeamItem item)
    {
        int lanes = item.Kind == ColumnKind.Draw ? Warp * _images : item.Pairs * item.Slice * _images;
        Items.Add(item with { FirstLane = stage.Lanes });
        stage.Lanes += (lanes + Warp - 1) / Warp * Warp;
    }

    private int Additions(TeamItem item) =>
        item.Kind == ColumnKind.Draw && item.Law == ColumnLaw.Categorical ? item.Channels : Enumerable.Range(item.FirstTap, item.Taps).Sum(i => Taps[i].Count);

    private TeamItem Part(TeamNode node, int number)
    {
        var part = node.Parts[number];
        bool first = number == 0, last = number == node.Parts.Count - 1;
        int firstTap = Taps.Count;
        for (int i = 0; i < part.Taps.Count; i++)
        {
            var (index, channel, count, maker) = part.Taps[i];
            var tap = _program.Taps[index];
            Taps.Add(new TeamTap
            {
                From = maker is null ? new TeamRef { Slot = -1, Map = node.Instruction.Source, First = channel } : Own(maker, channel),
                Dy = tap.Dy,
                Dx = tap.Dx,
                Count = count,
                Weights = _firstWeight + _weights.PlaceOf(part, i),
                WeightStride = TeamArena.StrideOf(count),
            });
        }

        var item = Item(node);
        item.FirstTap = firstTap;
        item.Taps = part.Taps.Count;
        item.Continues = first ? 0 : 1;
        item.Finishes = last ? 1 : 0;
        item.Begun = first ? node.Begun : -1;
        return item;
    }

    private TeamItem Item(TeamNode node)
    {
        var x = node.Instruction;
        bool sums = x.Kind == ColumnKind.Convolution;
        var made = node.Gate ?? node; // what comes of it
        int bias = sums ? _weights.BiasAt(node) : -1;
        return new TeamItem
        {
            Kind = x.Kind,
            Span = node.Span,
            Slice = node.Slice,
            Pairs = node.Pairs,
            Sums = node.Sums,
            Begun = -1,
            Bias = bias < 0 ? -1 : _firstWeight + bias,
            Activation = x.Activation,
            Slope = x.Slope,
            Source = sums || x.Kind == ColumnKind.Embedding ? TeamRef.None : Of(node, x.Source, x.FirstSource, x.Channels),
            Gate = x.Kind == ColumnKind.Gate ? Of(node, x.Source, x.FirstSource + x.Half, x.Channels) : node.Gate is { Instruction.Second: >= 0 } gate ? InState(gate.Instruction.Second, gate.Instruction.FirstSecond) : TeamRef.None,
            Gated = node.Gate is null ? 0 : 1,
            Second = x.Second < 0 ? TeamRef.None : x.BackRows != 0 ? InState(x.Second, x.FirstSecond) : Of(node, x.Second, x.FirstSecond, x.Channels),
            Half = x.Half,
            BackRows = x.BackRows,
            Target = (made.Column is null ? TeamRef.None : Own(made)) with { Map = made.IsKept ? made.Instruction.Target : -1, First = made.Instruction.FirstTarget },
            Shared = made.IsShared ? 1 : 0,
            Table = x.Kind == ColumnKind.Embedding ? checked((int)x.Weights) : -1,
            TableStride = x.WeightStride,
            Law = x.Law,
            Colour = x.Colour,
            Channels = x.Channels,
        };
    }

    private TeamRef Of(TeamNode reader, int map, int first, int count) =>
        !_graph.IsOfPosition(map) ? InState(map, first) : Own(_graph.Makers(map, first, count, reader)![0].Node, first);

    private static TeamRef InState(int map, int first) => new() { Slot = -1, Map = map, First = first };

    private static TeamRef Own(TeamNode maker) => Own(maker, maker.Instruction.FirstTarget);

    /// <summary>In the arena, `channel` counted in the map.</summary>
    private static TeamRef Own(TeamNode maker, int channel) => new() { Slot = maker.Column!.Slot + channel - maker.Column.First, Stride = maker.Column.Stride, Map = -1 };
}
