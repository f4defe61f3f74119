using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Runs;

/// <summary>What the bits of a run depend on besides its options and its seed.</summary>
/// <param name="Device">cpu, simt or cuda.</param>
/// <param name="Isa">Instruction set of a CPU; null elsewhere.</param>
/// <param name="Precision">What products are computed in.</param>
public sealed record MadeOn(string Device, string? Isa, string Precision)
{
    private static readonly string s_standard = GenEngine.Kernels.Devices.Gpu.Precision.Float32.Name();

    /// <summary>What a run on this device depends on now: its precision may be set anew later.</summary>
    public static MadeOn Of(Device device) => new(device.Kind.Name(), (device as CpuDevice)?.Isa.Name(), (device as GpuDevice)?.Precision.Name() ?? s_standard);

    /// <summary>As in a sentence: "cpu with avx2", "cuda in tf32".</summary>
    public override string ToString() => $"{Device}{(Isa is null ? "" : $" with {Isa}")}{(Precision == s_standard ? "" : $" in {Precision}")}";
}
