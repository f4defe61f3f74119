using System.Text;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>A variant on the GPU.</summary>
internal sealed unsafe class CudaKernel
{
    /// <summary>What a block may have without asking, static and dynamic together.</summary>
    private const int SharedWithoutAsking = 48 * 1024;

    private readonly string _name;
    private int _dynamicShared;

    public CudaKernel(GpuKernel kernel, CompiledKernel compiled, ModuleHandle module)
    {
        _name = kernel.Name;
        nint function;
        fixed (byte* entry = Encoding.UTF8.GetBytes(kernel.Entry + '\0'))
            CudaException.Check(CudaApi.cuModuleGetFunction(out function, module.Value, entry), kernel.Name);
        Function = function;
        CudaException.Check(CudaApi.cuFuncGetAttribute(out int shared, CUfunction_attribute.SHARED_SIZE_BYTES, function), kernel.Name);
        _dynamicShared = Math.Max(0, SharedWithoutAsking - shared);
        Compiled = compiled;
    }

    public CompiledKernel Compiled { get; }

    /// <summary>The driver's handle; it lives as long as its module.</summary>
    public nint Function { get; }

    /// <summary>Lets the kernel be launched with this much dynamic shared memory. More than 48 KiB a block must be asked for.</summary>
    public void AllowShared(int bytes)
    {
        if (bytes <= _dynamicShared) return;
        CudaException.Check(
            CudaApi.cuFuncSetAttribute(Function, CUfunction_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes), $"{_name} with {bytes} bytes of dynamic shared memory");
        _dynamicShared = bytes;
    }
}
