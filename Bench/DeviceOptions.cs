using System.CommandLine;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Bench;

/// <summary>--device, --isa, --threads and --check of a command, and the device they describe.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string> _device = Options.OneOf("--device", "Where to run", "cpu", "simt", "cuda");
    private readonly Option<string> _isa = Options.OneOf("--isa", "CPU instruction set; auto takes GENENGINE_ISA or the widest there is", "auto", "portable", "avx2", "avx512");
    private readonly Option<int> _threads;
    private readonly Option<bool> _check = new("--check") { Description = "With --device simt: run every launch in three orders, under the checked build." };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="threads">The default of --threads; 0 is one a core.</param>
    public DeviceOptions(Command command, int threads = 0)
    {
        _threads = Options.Threads(threads);
        foreach (Option option in (Option[])[_device, _isa, _threads, _check]) command.Options.Add(option);
    }

    public int Threads(Session session) => session.Get(_threads);

    public DeviceKind Kind(Session session) => session.Get(_device) switch
    {
        "cuda" => DeviceKind.Cuda,
        "simt" => DeviceKind.Simt,
        _ => DeviceKind.Cpu,
    };

    /// <summary>Opens the device; the caller disposes it.</summary>
    /// <exception cref="Kernels.DeviceUnavailableException">This machine lacks it; the message says what was tried and the fix.</exception>
    public Device Open(Session session)
    {
        var kind = Kind(session);
        bool check = session.Get(_check);
        if (check && kind != DeviceKind.Simt) throw new UsageException($"--check belongs to --device simt, not to {kind.Name()}.");
        if (kind != DeviceKind.Cpu && session.Given(_isa)) throw new UsageException($"--isa belongs to --device cpu, not to {kind.Name()}.");
        return DeviceFactory.Open(kind, session.Get(_threads), Isa(session), check);
    }

    private CpuIsa? Isa(Session session) => session.Get(_isa) is { } name && name != "auto" ? CpuIsas.Parse(name) : null;
}
