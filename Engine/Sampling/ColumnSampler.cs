using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine;

/// <summary>
/// Runs a <see cref="ColumnProgram"/>: draws values position by position, each at the cost of one column a layer, or keeps the ones given (completion, priming). The same values as by a full
/// forward pass a position, bit for bit in float32, on every device and with any number of threads.
/// </summary>
public sealed class ColumnSampler : IDisposable
{
    private const int Stretch = 2048; // positions between two looks at whether to stop, of a signal

    private readonly Context _context;
    private readonly DeviceBuffer _instructions, _taps, _maps, _weights, _state, _values;
    private readonly List<DeviceBuffer> _teams = [];
    private readonly TeamMemory? _team;
    private DeviceBuffer? _logits;

    /// <param name="context">Of float32.</param>
    public ColumnSampler(Context context, ColumnProgram program)
    {
        if (context.Real != DType.Float32) throw new EngineException("Samplers run in float32.");
        (_context, Program) = (context, program);
        _instructions = Uploaded<ColumnInstruction>([.. program.Instructions], "instructions");
        _taps = Uploaded<ColumnTap>([.. program.Taps], "taps");
        _maps = Uploaded<ColumnMap>([.. program.Maps], "maps");
        _weights = Uploaded<float>(program.Weights, "weights");
        var plan = context.Device is GpuDevice gpu ? ColumnTeamGpu.Choose(gpu, program) : null;
        _state = context.Allocate((plan?.StateElements ?? program.StateElements) * sizeof(float), "columns state");
        if (plan is not null) _team = TeamMemoryOf(plan);
        _values = context.Allocate((long)program.Batch * program.Positions * program.Colours * sizeof(int), "columns values");
        foreach (var (offset, values) in program.Constants) context.Device.Upload<float>(values, _state.Range(offset * sizeof(float), values.Length * sizeof(float)));
    }

    /// <summary>What is run; its weights were copied to the device when the sampler was made.</summary>
    public ColumnProgram Program { get; }

    /// <summary>How a team of blocks runs it together; null where blocks run it each on their own, as on a CPU.</summary>
    public TeamPlan? Team => _team?.Plan;

    /// <summary>Logits that every draw of the last run looked at, [batch, positions, colours, logits], when they were kept.</summary>
    public float[] Logits()
    {
        if (_logits is null) throw new EngineException("The logits were not kept; ask Run to.");
        var logits = new float[_logits.Bytes / sizeof(float)];
        _context.Device.Download<float>(_logits.All, logits);
        return logits;
    }

    /// <summary>Draws whatever is not given.</summary>
    /// <param name="values">[batch, positions, colours]: levels, or -1 where a value is to be drawn; the drawn ones are written into it.</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="options">What else can be chosen.</param>
    /// <param name="progress">Called with the positions done; every row of an image.</param>
    /// <param name="stop">Ends between two rows by an <see cref="OperationCanceledException"/>; what was drawn so far stands in <paramref name="values"/>.</param>
    /// <exception cref="EngineException">Values of another size, or levels that there are not.</exception>
    public void Run(int[] values, ulong seed, SamplingOptions? options = null, Action<int>? progress = null, CancellationToken stop = default)
    {
        options ??= new SamplingOptions();
        Check(values, options);
        if (options.KeepLogits && _logits is null)
        {
            long count = (long)values.Length * Program.Logits;
            _logits = _context.Allocate(count * sizeof(float), "columns logits");
            _context.Device.Upload<float>(new float[count], _logits.All);
        }

        var device = _context.Device;
        device.Upload<int>(values, _values.All);
        var memory = new ColumnMemory(_instructions.All, _taps.All, _maps.All, _weights.All, _state.All, _values.All, options.KeepLogits ? _logits!.All : null) { Team = _team };
        bool watched = progress is not null || stop.CanBeCanceled;
        int step = !watched ? Program.Positions : Program.Height > 1 ? Program.Width : Stretch;
        for (int first = 0; first < Program.Positions; first += step)
        {
            int last = Math.Min(Program.Positions, first + step);
            Columns.Run(device, new ColumnRun(Program, first, last, seed) { FirstImage = options.FirstImage, Sharpness = (float)(1 / options.Temperature) }, memory);
            progress?.Invoke(last);
            if (!stop.IsCancellationRequested) continue;
            device.Download<int>(_values.All, values);
            stop.ThrowIfCancellationRequested();
        }

        device.Download<int>(_values.All, values);
    }

    public void Dispose()
    {
        foreach (var buffer in (DeviceBuffer?[])[_instructions, _taps, _maps, _weights, _state, _values, _logits, .. _teams]) buffer?.Dispose();
    }

    private TeamMemory TeamMemoryOf(TeamPlan plan)
    {
        BufferRange Of<T>(T[] values, string name) where T : unmanaged
        {
            _teams.Add(Uploaded(values, name));
            return _teams[^1].All;
        }

        var exchange = _context.Allocate(sizeof(float) * Math.Max(4, plan.ExchangeFloats), "columns exchange");
        _teams.Add(exchange);
        return new TeamMemory(plan, Of(plan.Tables, "tables"), Of(plan.Pack(), "packed weights"), Of(plan.Rows, "row instructions"), exchange.All, Of(new uint[2], "barrier"));
    }

    private DeviceBuffer Uploaded<T>(T[] values, string name) where T : unmanaged
    {
        var buffer = _context.Allocate((long)values.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>(), $"columns {name}");
        _context.Device.Upload<T>(values, buffer.All);
        return buffer;
    }

    private void Check(int[] values, SamplingOptions options)
    {
        long wanted = (long)Program.Batch * Program.Positions * Program.Colours;
        if (values.Length != wanted) throw new EngineException($"{Program.Batch} images of {Program.Positions} positions with {Program.Colours} values are {wanted} values, not {values.Length}.");
        int least = -1, greatest = 0;
        foreach (int value in values) (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        if (least < -1 || greatest >= Program.Levels) throw new EngineException($"Given values are levels 0 to {Program.Levels - 1}, or -1 for what is to be drawn; not {(least < -1 ? least : greatest)}.");
        if (!(options.Temperature > 0) || !double.IsFinite(options.Temperature)) throw new EngineException($"A temperature is a positive number, not {options.Temperature}.");
    }
}

/// <summary>Choices of <see cref="ColumnSampler.Run"/>.</summary>
public sealed record SamplingOptions
{
    /// <summary>Number of the first image among all of this seed: each image has its own random numbers, whatever the batch.</summary>
    public ulong FirstImage { get; init; }

    /// <summary>1 draws from the model's own distribution; less makes likely values likelier.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Keep what every draw looked at.</summary>
    public bool KeepLogits { get; init; }
}
