namespace GenEngine.Kernels.Columns;

/// <summary>
/// Each rank's weights: those that stay in its shared memory, then those that each stage streams into one of two buffers. An output's weights lie one behind the other, rows an odd number of
/// four-float vectors apart, so that lanes of neighbouring outputs read without bank conflicts.
/// </summary>
internal sealed class TeamWeights
{
    private readonly ColumnProgram _program;
    private readonly int _blocks;
    private readonly List<Piece> _pieces = [];
    private readonly Dictionary<(TeamPart Part, int Tap), Piece> _pieceOf = [];
    private readonly Dictionary<TeamNode, int> _biases = [];
    private int[] _streamed = [];
    private int _biasFloats;

    public TeamWeights(ColumnProgram program, TeamGraph graph, TeamSchedule schedule, int blocks)
    {
        (_program, _blocks, Stages) = (program, blocks, schedule.Count);
        foreach (var node in graph.Nodes)
        {
            if (node.Instruction.Kind != ColumnKind.Convolution) continue;
            if (node.Instruction.Weights >= 0)
            {
                _biases[node] = _biasFloats;
                _biasFloats += TeamArena.Padded(node.Pairs * node.Slice);
            }

            foreach (var part in node.Parts)
            {
                for (int i = 0; i < part.Taps.Count; i++) _pieces.Add(_pieceOf[(part, i)] = new Piece(node, part, i));
            }
        }
    }

    public int Stages { get; }

    /// <summary>Floats of shared memory: what stays, and each of the two buffers.</summary>
    public int Resident { get; private set; }
    public int Buffer { get; private set; }

    /// <summary>Floats of one rank.</summary>
    public int RankFloats { get; private set; }

    /// <summary>Decides what stays: stages with most weights first, since the buffers must hold the largest of the others.</summary>
    /// <returns>False when nothing fits.</returns>
    public bool Fit(int floats)
    {
        _streamed = new int[Stages];
        foreach (var piece in _pieces) _streamed[piece.Part.Stage] += piece.Floats;
        Resident = _biasFloats;
        foreach (var piece in _pieces.OrderByDescending(piece => _streamed[piece.Part.Stage]).ThenBy(piece => piece.Part.Stage).ToArray())
        {
            _streamed[piece.Part.Stage] -= piece.Floats;
            if (Resident + piece.Floats + (2 * _streamed.Max()) <= floats)
            {
                piece.Place = Resident;
                Resident += piece.Floats;
            }
            else _streamed[piece.Part.Stage] += piece.Floats;
        }

        Buffer = _streamed.Max();
        RankFloats = Resident;
        int[] at = new int[Stages];
        foreach (var piece in _pieces.Where(piece => piece.Place < 0))
        {
            piece.InBuffer = at[piece.Part.Stage];
            at[piece.Part.Stage] += piece.Floats;
        }

        RankFloats += _streamed.Sum();
        return Resident + (2 * Buffer) <= floats;
    }

    /// <summary>Where a stage's streamed weights lie in a rank's own, and how many they are.</summary>
    public (int At, int Count) Chunk(int stage) => (Resident + _streamed[..stage].Sum(), _streamed[stage]);

    /// <summary>Floats behind the first weight of shared memory.</summary>
    public int BufferAt(int stage) => Resident + (stage % 2 * Buffer);

    public int BiasAt(TeamNode node) => _biases.GetValueOrDefault(node, -1);

    /// <summary>Of a tap of a part: where in shared memory, counted as <see cref="BufferAt"/>.</summary>
    public int PlaceOf(TeamPart part, int tap)
    {
        var piece = _pieceOf[(part, tap)];
        return piece.Place >= 0 ? piece.Place : BufferAt(part.Stage) + piece.InBuffer;
    }

    /// <summary>[blocks, <see cref="RankFloats"/>].</summary>
    public float[] Pack()
    {
        float[] packed = new float[(long)_blocks * RankFloats];
        for (int rank = 0; rank < _blocks; rank++)
        {
            int own = rank * RankFloats;
            foreach (var (node, at) in _biases) ForEachOutput(node, rank, (local, output) => packed[own + at + local] = _program.Weights[(int)node.Instruction.Weights + output]);
            foreach (var piece in _pieces)
            {
                int at = own + (piece.Place >= 0 ? piece.Place : Chunk(piece.Part.Stage).At + piece.InBuffer);
                var (tap, first, count, _) = piece.Part.Taps[piece.Tap];
                var of = _program.Taps[tap];
                int wide = piece.Node.Instruction.WeightStride;
                ForEachOutput(piece.Node, rank, (local, output) =>
                {
                    long from = of.Weights + ((long)(first - of.First) * wide) + output;
                    for (int k = 0; k < count; k++, from += wide) packed[at + (local * TeamArena.StrideOf(count)) + k] = _program.Weights[from];
                });
            }
        }

        return packed;
    }

    private static void ForEachOutput(TeamNode node, int rank, Action<int, int> each)
    {
        for (int pair = 0; pair < node.Pairs; pair++)
        {
            for (int c = rank * node.Slice; c < Math.Min(node.Span, (rank + 1) * node.Slice); c++) each(((c - (rank * node.Slice)) * node.Pairs) + pair, (pair * node.Span) + c);
        }
    }

    private sealed class Piece(TeamNode node, TeamPart part, int tap)
    {
        public TeamNode Node { get; } = node;
        public TeamPart Part { get; } = part;
        public int Tap { get; } = tap;
        public int Floats { get; } = node.Pairs * node.Slice * TeamArena.StrideOf(part.Taps[tap].Count);
        public int Place { get; set; } = -1;
        public int InBuffer { get; set; }
    }
}
