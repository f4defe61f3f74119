using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Recurrent;

namespace GenEngine;

/// <summary>
/// Writes a network down as a <see cref="ColumnProgram"/>: a model calls it layer by layer as its forward pass calls the layers themselves, and gets the program that computes the same
/// network position by position, to the bit. What depends on rows above alone (a vertical stack) is made once a row, everything else once a position, and with colours, a third of it once a colour.
/// Weights are copied: a program is that of the weights at the time.
/// </summary>
public sealed class ColumnBuilder
{
    private const int None = -1;

    private readonly int _batch, _height, _width, _colours, _levels, _groups;
    private readonly List<MapPlan> _maps = [];
    private readonly List<ColumnTap> _taps = [];
    private readonly ColumnWeights _weights = new();
    private readonly List<ColumnInstruction> _rows = [], _ends = [];
    private readonly List<ColumnInstruction>[] _positions;
    private int _logits;
    private long _products;

    /// <param name="batch">Images that are made together.</param>
    /// <param name="height">Of the images; 1 for a signal.</param>
    /// <param name="width">Of the images; the length of a signal.</param>
    /// <param name="colours">Values of a position: 1, or 3 for colour.</param>
    /// <param name="levels">Levels that a value has.</param>
    /// <param name="groups">As many as colours where these are drawn one after another and channels are masked in groups; 1 where none sees another of its pixel.</param>
    public ColumnBuilder(int batch, int height, int width, int colours, int levels, int groups = 1)
    {
        if (groups != 1 && groups != colours) throw new EngineException($"{groups} groups of channels for {colours} colours: one group, or one a colour.");
        if (batch < 1 || height < 1 || width < 1 || colours < 1 || levels < 2) throw new EngineException($"Nothing can be sampled of {batch} images {width}x{height} of {colours} colours with {levels} levels.");
        (_batch, _height, _width, _colours, _levels, _groups) = (batch, height, width, colours, levels, groups);
        _positions = [.. Enumerable.Range(0, groups).Select(_ => new List<ColumnInstruction>())];
    }

    /// <summary>The images themselves, as they come into being: value / (levels - 1) a channel.</summary>
    public ColumnLayer Input(int channels) => NewMap(channels);

    /// <summary>The embedding of the value at each position of a signal.</summary>
    public ColumnLayer Embedding(Embedding layer)
    {
        var weight = layer.Weight;
        int count = weight.Shape[0], width = weight.Shape[1];
        var target = NewMap(width);
        Emit(target, 0, new ColumnInstruction
        {
            Kind = ColumnKind.Embedding,
            Source = None,
            Second = None,
            Channels = width,
            Weights = _weights.Rows(weight.ToDoubles(), count, width),
            WeightStride = ColumnProgram.Rounded(width),
        });
        return target;
    }

    /// <summary>A convolution that keeps the image's size, with its bias and activation; see <see cref="Conv2d"/>.</summary>
    /// <param name="residual">Added last; null for none.</param>
    /// <exception cref="EngineException">A convolution that sees later positions, has strides, or changes the size.</exception>
    public ColumnLayer Convolution(Conv2d layer, ColumnLayer x, ColumnLayer? residual = null) =>
        Convolution(new Filter(layer.Weight, layer.Bias, layer.Spec, layer.Activation, (float)layer.Slope), x, residual);

    /// <summary>
    /// A recurrent layer over images; one from right to left is made behind the end of each row, so only rows below may read it (see <see cref="Add(ColumnLayer, ColumnLayer, int)"/>).
    /// </summary>
    public ColumnLayer Lstm(ImageLstm layer, ColumnLayer x)
    {
        bool row = layer.Kind == ScanKind.Row, reversed = layer.Kind == ScanKind.DiagonalReversed;
        var when = reversed ? ColumnDomain.RowEnd : ColumnDomain.Position;
        int h = layer.Channels;
        var gates = Convolution(new Filter(layer.InputWeight, layer.InputBias, layer.InputSpec), x, null, when);
        ColumnLayer hidden = NewMap(h, when: when, loose: true), cell = NewMap(h, when: when, loose: true), sum = NewMap(ScanShape.Gates * h, when: when, loose: true);
        var state = new Filter(layer.StateWeight, null, RowAbove(layer.StateWeight.Shape[2]));
        Products(state, row ? PartsOf(state, hidden) : [Diagonal(h, reversed)], hidden, gates, sum);
        int backRows = row ? 1 : 0, backColumns = row ? 0 : reversed ? -1 : 1;
        _maps[cell.Map].Reach(backRows, backColumns);
        Emit(hidden, 0, new ColumnInstruction { Kind = ColumnKind.Cell, Source = sum.Map, Second = cell.Map, Channels = h, BackRows = backRows, BackColumns = backColumns });
        return hidden;
    }

    /// <summary>So many pixels of the row above, centred.</summary>
    private static ConvSpec RowAbove(int kernel) => new(1, kernel) { PadTop = 1, PadBottom = -1, PadLeft = kernel / 2, PadRight = kernel / 2 };

    /// <summary>Above, then beside: the taps of a diagonal scan are no rectangle.</summary>
    private ConvPart Diagonal(int h, bool reversed) =>
        new(0, 0, _height, _width, 0, ScanShape.Gates * h, [new ConvTap(-1, 0, 0, 0, h), new ConvTap(0, reversed ? 1 : -1, 1, 0, h)]);

    /// <param name="when">Null: before the row where only rows above are seen, else at the position.</param>
    private ColumnLayer Convolution(Filter filter, ColumnLayer x, ColumnLayer? residual, ColumnDomain? when = null)
    {
        var parts = PartsOf(filter, x);
        bool above = (x.KnownBeforeRow || parts.All(part => part.Taps.All(tap => tap.Dy < 0))) && residual is not { KnownBeforeRow: false };
        int halves = filter.Spec.Mask == ConvMask.None ? 1 : filter.Spec.OutputHalves;
        var target = NewMap(filter.Weight.Shape[0], halves, when ?? (above ? ColumnDomain.RowStart : ColumnDomain.Position));
        Products(filter, parts, x, residual, target);
        return target;
    }

    /// <exception cref="EngineException">A convolution that changes the size.</exception>
    private IReadOnlyList<ConvPart> PartsOf(Filter filter, ColumnLayer x)
    {
        var plan = ConvPlan.Create(filter.Spec, new ConvImage(_height, _width, x.Channels), filter.Weight.Shape[0]);
        if (plan.Output.Height != _height || plan.Output.Width != _width || plan.InStepY != 1 || plan.InStepX != 1)
            throw new EngineException($"A column program needs convolutions that keep {_height}x{_width}, not {filter.Spec}.");
        return plan.Parts;
    }

    /// <summary>An instruction a part, with its taps, weights and bias.</summary>
    /// <exception cref="EngineException">A tap on what is not there yet when the target is made, or too many taps.</exception>
    private void Products(Filter filter, IReadOnlyList<ConvPart> parts, ColumnLayer x, ColumnLayer? residual, ColumnLayer target)
    {
        int outputs = filter.Weight.Shape[0], taps = filter.Weight.Shape[1] * filter.Weight.Shape[2];
        double[] values = filter.Weight.ToDoubles();
        double[]? bias = filter.Bias?.ToDoubles();
        foreach (var part in parts)
        {
            int count = part.EndOutput - part.FirstOutput;
            if (part.Taps.Count > ColumnProgram.MaxTaps) throw new EngineException($"A column program's convolution has at most {ColumnProgram.MaxTaps} taps, not {part.Taps.Count}.");
            Emit(target, ColourOf(filter.Spec, part, outputs), new ColumnInstruction
            {
                Kind = ColumnKind.Convolution,
                Source = x.Map,
                Second = residual?.Map ?? None,
                FirstSecond = residual is { } r ? r.First + part.FirstOutput : 0,
                FirstTarget = part.FirstOutput,
                Channels = count,
                FirstTap = _taps.Count,
                Taps = part.Taps.Count,
                WeightStride = ColumnProgram.Rounded(count),
                Weights = bias is null ? None : _weights.Row(bias.AsSpan(part.FirstOutput, count)),
                Activation = filter.Activation,
                Slope = filter.Slope,
            });
            foreach (var tap in part.Taps)
            {
                if (!IsThere(tap, target.When))
                    throw new EngineException($"A column program needs causal convolutions; {filter.Spec} reads a position that lies {tap.Dy} rows and {tap.Dx} columns ahead.");
                _maps[x.Map].Reach(-tap.Dy, -tap.Dx);
                long at = _weights.Tap(values, taps, x.Channels, tap, part.FirstOutput, count);
                _taps.Add(new ColumnTap { Dy = tap.Dy, Dx = tap.Dx, First = x.First + tap.First, Count = tap.End - tap.First, Weights = at });
            }

            _products += (long)count * part.K;
        }
    }

    private static bool IsThere(ConvTap tap, ColumnDomain when) => tap.Dy < 0 || (tap.Dy == 0 && when switch
    {
        ColumnDomain.RowStart => true, // what is read was made for the whole row before
        ColumnDomain.RowEnd => tap.Dx >= 0,
        _ => tap.Dx <= 0,
    });

    /// <summary>tanh(a + ca) sigmoid(b + cb) of the halves a | b, with a condition ca | cb or without; see <see cref="Gate"/>.</summary>
    /// <param name="into">Channels of an existing map to write to; a new map when null.</param>
    public ColumnLayer Gate(ColumnLayer x, ColumnLayer? condition = null, ColumnLayer? into = null)
    {
        int half = x.Channels / 2;
        var target = into ?? NewMap(half, when: x.When);
        EachColour(target, half, (first, count) => new ColumnInstruction
        {
            Kind = ColumnKind.Gate,
            Source = x.Map,
            FirstSource = x.First + first,
            Second = condition?.Map ?? None,
            FirstSecond = condition is { } given ? given.First + first : 0,
            FirstTarget = target.First + first,
            Channels = count,
            Half = half,
        });
        return target;
    }

    /// <summary>activation(x).</summary>
    public ColumnLayer Activation(Activation activation, ColumnLayer x, double slope = 0)
    {
        var target = NewMap(x.Channels, x.Halves, x.When);
        EachColour(target, x.Channels, (first, count) => new ColumnInstruction
        {
            Kind = ColumnKind.Activation,
            Source = x.Map,
            FirstSource = x.First + first,
            Second = None,
            FirstTarget = first,
            Channels = count,
            Activation = activation,
            Slope = (float)slope,
        });
        return target;
    }

    /// <summary>a + b, or a + what b is so many rows above (nothing over the first row).</summary>
    public ColumnLayer Add(ColumnLayer a, ColumnLayer b, int rowsAbove = 0)
    {
        if (b.When == ColumnDomain.RowEnd && rowsAbove < 1) throw new EngineException("What runs from right to left is known to rows below alone.");
        _maps[b.Map].Reach(rowsAbove, 0);
        var target = NewMap(a.Channels, a.Halves, a.KnownBeforeRow && b.KnownBeforeRow ? ColumnDomain.RowStart : ColumnDomain.Position);
        EachColour(target, a.Channels, (first, count) => new ColumnInstruction
        {
            Kind = ColumnKind.Add,
            Source = a.Map,
            FirstSource = a.First + first,
            Second = b.Map,
            FirstSecond = b.First + first,
            FirstTarget = first,
            Channels = count,
            BackRows = rowsAbove,
        });
        return target;
    }

    /// <summary>A map that several layers fill side by side: what a concatenation is.</summary>
    public ColumnLayer Joined(int channels) => NewMap(channels, loose: true);

    /// <summary>Some channels of a layer.</summary>
    public static ColumnLayer Part(ColumnLayer x, int first, int channels) => x with { First = x.First + first, Channels = channels };

    /// <summary>What is the same at every position of an image: [batch, channels].</summary>
    public ColumnLayer Constant(Tensor rows) => Condition(rows, 1, 1);

    /// <summary>What is known at every position beforehand: [batch, height, width, channels].</summary>
    public ColumnLayer ConstantMap(Tensor map) => Condition(map, _height, _width);

    /// <summary>Numbers for each position that are the same for all images: [height*width*channels].</summary>
    public ColumnLayer SharedMap(Tensor map)
    {
        int channels = (int)(map.Shape.Count / (_height * _width));
        if (channels * _height * _width != map.Shape.Count) throw new EngineException($"{map.Shape} is not as many numbers for each position of {_width}x{_height}.");
        double[] one = map.ToDoubles();
        return NewCondition([.. Enumerable.Range(0, _batch).SelectMany(_ => one)], _height, _width, channels);
    }

    /// <summary>Draws the value at each position and writes it into the input.</summary>
    /// <param name="logits">[levels] a colour, or what <paramref name="law"/> looks at.</param>
    /// <param name="input">Where the value goes; null where an embedding looks it up.</param>
    /// <param name="ahead">1 when the logits are those of the next position.</param>
    public void Draw(ColumnLayer logits, ColumnLaw law, ColumnLayer? input, int ahead = 0)
    {
        int made = law == ColumnLaw.LogisticMixture ? 1 : _colours, each = logits.Channels / made;
        if (law == ColumnLaw.Categorical && each != _levels) throw new EngineException($"{logits.Channels} logits are not {_levels} levels of {_colours} colours.");
        if (each > ColumnProgram.MaxLevels) throw new EngineException($"A draw has at most {ColumnProgram.MaxLevels} logits, not {each}.");
        _logits = each;
        for (int colour = 0; colour < made; colour++)
        {
            _positions[law == ColumnLaw.LogisticMixture ? _groups - 1 : Math.Min(colour, _groups - 1)].Add(new ColumnInstruction
            {
                Kind = ColumnKind.Draw,
                Source = logits.Map,
                FirstSource = logits.First + (colour * each),
                Second = None,
                Target = input?.Map ?? None,
                FirstTarget = input is { } x ? x.First + colour : 0,
                Channels = each,
                Law = law,
                Colour = colour,
                Ahead = ahead,
            });
        }
    }

    /// <summary>The program of all that was written down.</summary>
    /// <exception cref="EngineException"><see cref="Draw"/> is missing.</exception>
    public ColumnProgram Build()
    {
        if (_logits == 0) throw new EngineException("A column program draws something; Draw is missing.");
        long offset = 0;
        var maps = new ColumnMap[_maps.Count];
        var constants = new List<(long, float[])>();
        for (int i = 0; i < maps.Length; i++)
        {
            maps[i] = _maps[i].Place(offset);
            if (_maps[i].Values is { } values) constants.Add((offset, _maps[i].Laid(values, maps[i].Stride, _batch)));
            offset += (long)_maps[i].Positions * _batch * maps[i].Stride;
        }

        return new ColumnProgram
        {
            Maps = maps,
            Taps = _taps.Count > 0 ? _taps : [default],
            Instructions = [.. _rows, .. _positions.SelectMany(list => list), .. _ends],
            EndInstructions = _ends.Count,
            RowInstructions = _rows.Count,
            Weights = _weights.ToArray(),
            StateElements = offset,
            Constants = constants,
            Batch = _batch,
            Height = _height,
            Width = _width,
            Colours = _colours,
            Levels = _levels,
            Logits = _logits,
            Products = _products * _height * _width,
        };
    }

    private ColumnLayer Condition(Tensor tensor, int height, int width)
    {
        int channels = tensor.Shape.Columns;
        if (tensor.Shape.Rows != _batch * height * width) throw new EngineException($"A condition of {_batch} images has {_batch * height * width} rows, not {tensor.Shape}.");
        return NewCondition(tensor.ToDoubles(), height, width, channels);
    }

    private ColumnLayer NewCondition(double[] values, int height, int width, int channels)
    {
        _maps.Add(new MapPlan(height, width, channels, whole: true) { Values = values });
        return new ColumnLayer(_maps.Count - 1, 0, channels, 1, ColumnDomain.RowStart, Constant: true);
    }

    /// <param name="loose">Vectors may write beyond the last channel; as those of a group of colours do.</param>
    private ColumnLayer NewMap(int channels, int halves = 1, ColumnDomain when = ColumnDomain.Position, bool loose = false)
    {
        bool row = when == ColumnDomain.RowStart; // made for all of a row at once
        _maps.Add(new MapPlan(_height, _width, channels, whole: row) { Loose = loose || (_groups > 1 && !row) });
        return new ColumnLayer(_maps.Count - 1, 0, channels, halves, when);
    }

    private void EachColour(ColumnLayer target, int channels, Func<int, int, ColumnInstruction> make)
    {
        int ranges = target.When == ColumnDomain.RowStart ? 1 : _groups * target.Halves, width = channels / ranges;
        for (int i = 0; i < ranges; i++) Emit(target, i % _groups, make(i * width, width));
    }

    private void Emit(ColumnLayer target, int colour, ColumnInstruction instruction)
    {
        var list = target.When switch { ColumnDomain.RowStart => _rows, ColumnDomain.RowEnd => _ends, _ => _positions[colour] };
        list.Add(instruction with { Target = target.Map });
    }

    /// <summary>What a convolution multiplies by and adds.</summary>
    private sealed record Filter(Tensor Weight, Tensor? Bias, ConvSpec Spec, Activation Activation = Kernels.Common.Activation.None, float Slope = 0);

    private int ColourOf(ConvSpec spec, ConvPart part, int outputs)
    {
        if (_groups == 1 || spec.Mask == ConvMask.None) return 0;
        if (spec.Colours != _groups) throw new EngineException($"A program of {_groups} colours has convolutions masked for as many, not {spec}.");
        return part.FirstOutput / (outputs / (_groups * spec.OutputHalves)) % _groups;
    }
}
