using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Common;

/// <summary>The float and the double build of one GPU kernel, and where there is one the build that computes in float over images stored in BF16 (stored.cuh).</summary>
internal sealed class RealKernels(string file, string entry, Type argsType, params string[] defines)
{
    private readonly GpuKernel _float = new(file, entry, argsType, [.. defines, "REAL=float"]);
    private readonly GpuKernel _double = new(file, entry, argsType, [.. defines, "REAL=double"]);
    private readonly GpuKernel? _stored;

    /// <summary>Whether there is a build for images in BF16.</summary>
    public bool TakesBFloat16
    {
        get => _stored is not null;
        init => _stored = value ? new(file, entry, argsType, [.. defines, "REAL=float", "STORED=bf16"]) { MinArch = MmaTile.MinArch } : null;
    }

    public IEnumerable<GpuKernel> All => _stored is null ? [_float, _double] : [_float, _double, _stored];

    /// <exception cref="EngineException">There is no build for dtype.</exception>
    public GpuKernel this[DType dtype] => dtype switch
    {
        DType.Float32 => _float,
        DType.Float64 => _double,
        DType.BFloat16 when _stored is not null => _stored,
        _ => throw new EngineException($"{_float.Entry} takes float or double, not {dtype.CName()}."),
    };
}
