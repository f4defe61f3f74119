namespace GenEngine.Kernels.Columns;

/// <summary>
/// When the nodes of a <see cref="TeamGraph"/> run: stages with a barrier behind each, of the whole team where the next stage needs what other ranks have made. A convolution is added part by
/// part, each as soon as its channels are there; what lies in the state from the beginning waits until just before it is needed, to fill lanes that idle while others wait.
/// </summary>
internal sealed class TeamSchedule
{
    private readonly TeamGraph _graph;
    private readonly ColumnProgram _program;
    private readonly List<(int From, int To)> _meetings = []; // of remote reads
    private readonly List<(TeamNode Maker, bool Remote)> _pending = []; // reads of the node at hand, whose stage is not known yet
    private bool[] _meets = [];

    private TeamSchedule(TeamGraph graph, ColumnProgram program) => (_graph, _program) = (graph, program);

    /// <summary>Stages of a position; even, so that two buffers of streamed weights take turns across positions.</summary>
    public int Count { get; private set; }

    /// <summary>Null for a program whose draws or gates read what no team has; the kernel of one block runs it.</summary>
    public static TeamSchedule? Create(TeamGraph graph, ColumnProgram program)
    {
        var schedule = new TeamSchedule(graph, program);
        foreach (var node in graph.Nodes)
        {
            if (!schedule.Place(node)) return null;
        }

        schedule.Hide();
        schedule.Meet();
        return schedule;
    }

    /// <summary>Whether the team meets behind a stage.</summary>
    public bool Meets(int stage) => _meets[stage];

    /// <summary>Whether the team meets between what happens in one stage and in a later one.</summary>
    public bool MeetsBetween(int from, int to)
    {
        for (int stage = from; stage < to; stage++)
        {
            if (_meets[stage]) return true;
        }

        return false;
    }

    private bool Place(TeamNode node)
    {
        var x = node.Instruction;
        int stage = 0;
        switch (x.Kind)
        {
            case ColumnKind.Convolution:
                return PlaceConvolution(node);
            case ColumnKind.Embedding:
                break;
            case ColumnKind.Gate when node.GateOf is { } halves:
                stage = halves.Stage;
                break;
            case ColumnKind.Gate:
                if (!Read(node, x.Source, x.FirstSource, x.Channels, ref stage) || !Read(node, x.Source, x.FirstSource + x.Half, x.Channels, ref stage)) return false;
                if (_graph.IsOfPosition(x.Second)) return false;
                break;
            case ColumnKind.Draw:
                if (!_graph.IsOfPosition(x.Source) || !Read(node, x.Source, x.FirstSource, x.Channels, ref stage, all: true)) return false;
                break;
            default:
                if (!Read(node, x.Source, x.FirstSource, x.Channels, ref stage)) return false;
                if (x.Second >= 0 && x.BackRows == 0 && !Read(node, x.Second, x.FirstSecond, x.Channels, ref stage)) return false;
                break;
        }

        Finish(node, stage);
        return true;
    }

    private void Finish(TeamNode node, int stage)
    {
        node.Stage = stage;
        foreach (var (maker, remote) in _pending) Note(maker, stage, remote);
        _pending.Clear();
    }

    /// <summary>Channels that are to lie together: raises the stage to where they are there. All: every rank reads all of them.</summary>
    private bool Read(TeamNode reader, int map, int first, int count, ref int stage, bool all = false)
    {
        if (!_graph.IsOfPosition(map)) return true;
        if (_graph.Makers(map, first, count, reader) is not { } makers) return false;
        TeamColumn.Joined([.. makers.Select(part => part.Node)]);
        foreach (var (maker, at, channels) in makers)
        {
            int target = maker.Instruction.FirstTarget;
            stage = Math.Max(stage, maker.Stage + 1);
            _pending.Add((maker, !maker.IsEveryones && (all || !TeamGraph.IsOwn(maker, reader, at - target, channels, target - first))));
        }

        return true;
    }

    private void Note(TeamNode maker, int stage, bool remote)
    {
        var column = TeamColumn.Joined([maker]);
        column.LastRead = Math.Max(column.LastRead, stage);
        if (!remote) return;
        maker.IsShared = true;
        _meetings.Add((maker.Stage, stage));
    }

    private bool PlaceConvolution(TeamNode node)
    {
        var x = node.Instruction;
        var taps = new List<(int Tap, int First, int Count, TeamNode? Maker)>();
        for (int i = x.FirstTap + node.TapsBegun; i < x.FirstTap + x.Taps; i++)
        {
            var tap = _program.Taps[i];
            if (tap.Dy != 0 || tap.Dx != 0 || !_graph.IsOfPosition(x.Source))
            {
                taps.Add((i, tap.First, tap.Count, null));
                continue;
            }

            if (_graph.Makers(x.Source, tap.First, tap.Count, node) is not { } makers) return false;
            foreach (var (maker, first, count) in makers) taps.Add((i, first, count, maker));
        }

        int[] stages = new int[taps.Count];
        int stage = 0;
        for (int i = 0; i < stages.Length; i++) stages[i] = stage = taps[i].Maker is { } maker ? Math.Max(stage, maker.Stage + 1) : stage;
        if (x.Second >= 0 && !Read(node, x.Second, x.FirstSecond, x.Channels, ref stage)) return false;
        for (int i = stages.Length - 1, next = stage; i >= 0; i--)
        {
            if (taps[i].Maker is null) stages[i] = Math.Max(stages[i], Math.Max(0, i + 1 < stages.Length && taps[i + 1].Maker is null ? stages[i + 1] : next - 1));
            next = stages[i];
        }

        for (int i = 0; i < stages.Length; i++)
        {
            if (node.Parts.Count == 0 || node.Parts[^1].Stage != stages[i]) node.Parts.Add(new TeamPart(stages[i]));
            node.Parts[^1].Taps.Add(taps[i]);
            if (taps[i].Maker is { } maker) Note(maker, stages[i], !maker.IsEveryones);
        }

        if (node.Parts.Count == 0 || node.Parts[^1].Stage != stage) node.Parts.Add(new TeamPart(stage));
        Finish(node, stage);
        return true;
    }

    /// <summary>What lies in the state from the beginning is added where others add as much in any case, not where it would make a short stage long.</summary>
    private void Hide()
    {
        var parts = _graph.Nodes.SelectMany(node => node.Parts).ToArray();
        int[] longest = new int[_graph.Nodes.Max(node => node.Stage) + 1];
        foreach (var part in parts.Where(part => part.Taps.Any(tap => tap.Maker is not null))) longest[part.Stage] = Math.Max(longest[part.Stage], part.Additions);
        foreach (var node in _graph.Nodes)
        {
            if (node.Parts.Count < 2 || node.Parts[0].Taps.Any(tap => tap.Maker is not null)) continue;
            for (int stage = node.Parts[1].Stage - 1; stage >= 0; stage--)
            {
                if (longest[stage] < node.Parts[0].Additions) continue;
                node.Parts[0].Stage = stage;
                break;
            }
        }
    }

    private void Meet()
    {
        Count = _graph.Nodes.Max(node => node.Stage) + 1;
        Count += Count % 2;
        _meets = new bool[Count];
        foreach (var (from, to) in _meetings.OrderBy(meeting => meeting.To))
        {
            if (!MeetsBetween(from, to)) _meets[to - 1] = true;
        }

        _meets[^1] = true;
    }
}
