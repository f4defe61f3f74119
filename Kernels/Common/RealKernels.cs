using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Common;

/// <summary>The float and the double build of one GPU kernel.</summary>
internal sealed class RealKernels(string file, string entry, Type argsType, params string[] defines)
{
    private readonly GpuKernel _float = new(file, entry, argsType, [.. defines, "REAL=float"]);
    private readonly GpuKernel _double = new(file, entry, argsType, [.. defines, "REAL=double"]);

    public IEnumerable<GpuKernel> All => [_float, _double];

    /// <exception cref="EngineException">dtype is neither float nor double.</exception>
    public GpuKernel this[DType dtype] => dtype switch
    {
        DType.Float32 => _float,
        DType.Float64 => _double,
        _ => throw new EngineException($"{_float.Entry} takes float or double, not {dtype.CName()}."),
    };
}
