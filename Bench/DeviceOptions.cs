using System.CommandLine;
using System.Globalization;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench;

/// <summary>--device, --isa, --threads, --precision and --check of a command, and the device they describe.</summary>
internal sealed class DeviceOptions
{
    private const string Float64 = "float64";

    private readonly Option<string?> _device;
    private readonly Option<string> _isa = Options.OneOf("--isa", "CPU instruction set; auto takes GENENGINE_ISA or the widest there is", "auto", "portable", "avx2", "avx512");
    private readonly Option<int> _threads;
    private readonly Option<string> _precision;
    private readonly Option<bool> _check = new("--check") { Description = "With --device simt: run every launch in three orders, under the checked build." };
    private readonly DeviceKind? _standard;

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_device, _isa, _threads, _precision, _check];

    /// <summary>Adds the options to a command.</summary>
    /// <param name="standard">The default device; null takes cuda where there is a GPU, else cpu.</param>
    /// <param name="threads">The default of --threads; 0 is one a core.</param>
    /// <param name="doubles">Whether --precision float64 is a choice too; see <see cref="Real"/>.</param>
    public DeviceOptions(Command command, DeviceKind? standard = null, int threads = 0, bool doubles = false)
    {
        _precision = Options.Precision(doubles ? [.. Options.Precisions, Float64] : Options.Precisions);
        string rule = standard is { } kind ? $"{kind.Name()} when not given" : "when not given, cuda where there is a GPU, else cpu";
        _device = Options.Choice("--device", $"Where to run; {rule}.", "cpu", "simt", "cuda");
        _threads = Options.Threads(threads);
        _standard = standard;
        foreach (var option in All) command.Options.Add(option);
    }

    /// <summary>What was given of these options, as it would be typed for another command.</summary>
    public IReadOnlyList<string> Given(Session session)
    {
        var words = new List<string>();
        if (session.Given(_device)) words.AddRange([_device.Name, session.Get(_device)!]);
        if (session.Given(_isa)) words.AddRange([_isa.Name, session.Get(_isa)!]);
        if (session.Given(_threads)) words.AddRange([_threads.Name, session.Get(_threads).ToString(CultureInfo.InvariantCulture)]);
        if (session.Given(_precision)) words.AddRange([_precision.Name, session.Get(_precision)!]);
        if (session.Get(_check)) words.Add(_check.Name);
        return words;
    }

    public int Threads(Session session) => session.Get(_threads);

    /// <summary>Whether --check was given.</summary>
    public bool Checks(Session session) => session.Get(_check);

    /// <summary>The word after --precision.</summary>
    public string PrecisionName(Session session) => session.Get(_precision)!;

    /// <summary>What tensors hold: float32 unless --precision float64 was asked for.</summary>
    public DType Real(Session session) => PrecisionName(session) == Float64 ? DType.Float64 : DType.Float32;

    /// <summary>The device asked for; null when the machine may choose.</summary>
    public DeviceKind? Kind(Session session) => session.Get(_device) switch
    {
        "cuda" => DeviceKind.Cuda,
        "simt" => DeviceKind.Simt,
        "cpu" => DeviceKind.Cpu,
        _ => session.Given(_isa) ? DeviceKind.Cpu : session.Get(_check) ? DeviceKind.Simt : _standard,
    };

    /// <summary>Opens the device; the caller disposes it.</summary>
    /// <param name="substitute">What to run in place of a kernel, on the devices that run the CUDA sources.</param>
    /// <exception cref="DeviceUnavailableException">This machine lacks it; the message says what was tried and the fix.</exception>
    public Device Open(Session session, Func<GpuKernel, GpuKernel>? substitute = null)
    {
        var kind = Kind(session);
        bool check = session.Get(_check);
        if (check && kind is { } plain && plain != DeviceKind.Simt) throw new UsageException($"--check belongs to --device simt, not to {plain.Name()}.");
        if (session.Given(_isa) && kind is { } other && other != DeviceKind.Cpu) throw new UsageException($"--isa belongs to --device cpu, not to {other.Name()}.");
        var precision = Options.PrecisionNamed(PrecisionName(session));
        if (precision != Precision.Float32 && kind == DeviceKind.Cpu) throw new UsageException(NoTensorCores(precision));
        var device = DeviceFactory.Open(kind, session.Get(_threads), Isa(session), check, substitute);
        if (precision == Precision.Float32) return device;
        try
        {
            if (device is not GpuDevice gpu) throw new EngineException(NoTensorCores(precision)); // no --device, and no GPU here
            gpu.Precision = precision;
            return device;
        }
        catch (EngineException wrong)
        {
            device.Dispose();
            throw new UsageException(wrong.Message);
        }
    }

    private static string NoTensorCores(Precision precision) =>
        $"--precision {precision.Name()} needs tensor cores: --device cuda, or simt, which emulates them. The device cpu computes in float32.";

    private CpuIsa? Isa(Session session) => session.Get(_isa) is { } name && name != "auto" ? CpuIsas.Parse(name) : null;
}
