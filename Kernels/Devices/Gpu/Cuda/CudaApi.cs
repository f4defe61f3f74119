using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Everything that crosses into native code is blittable; nothing is marshalled behind the reader's back.
[assembly: DisableRuntimeMarshalling]

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// The driver's functions, under the names that libcuda exports (the suffix _v2 is part of the name: it is what cuda.h's macros
/// stand for). All are in every driver from CUDA 11.8 on. <see cref="CudaLibrary"/> must have loaded the library first.
/// </summary>
internal static unsafe partial class CudaApi
{
    public const string Library = "genengine-libcuda";

    public const uint CU_STREAM_NON_BLOCKING = 1;
    public const uint CU_EVENT_DISABLE_TIMING = 2;

    [LibraryImport(Library)] public static partial CUresult cuInit(uint flags);
    [LibraryImport(Library)] public static partial CUresult cuDriverGetVersion(out int version);
    [LibraryImport(Library)] public static partial CUresult cuGetErrorName(CUresult error, out byte* name);
    [LibraryImport(Library)] public static partial CUresult cuGetErrorString(CUresult error, out byte* text);

    [LibraryImport(Library)] public static partial CUresult cuDeviceGetCount(out int count);
    [LibraryImport(Library)] public static partial CUresult cuDeviceGet(out int device, int ordinal);
    [LibraryImport(Library)] public static partial CUresult cuDeviceGetName(byte* name, int length, int device);
    [LibraryImport(Library)] public static partial CUresult cuDeviceGetUuid(out CUuuid uuid, int device);
    [LibraryImport(Library)] public static partial CUresult cuDeviceTotalMem_v2(out nuint bytes, int device);
    [LibraryImport(Library)] public static partial CUresult cuDeviceGetAttribute(out int value, CUdevice_attribute attribute, int device);

    [LibraryImport(Library)] public static partial CUresult cuDevicePrimaryCtxRetain(out nint context, int device);
    [LibraryImport(Library)] public static partial CUresult cuDevicePrimaryCtxRelease_v2(int device);
    [LibraryImport(Library)] public static partial CUresult cuCtxSetCurrent(nint context);
    [LibraryImport(Library)] public static partial CUresult cuCtxGetCurrent(out nint context);

    [LibraryImport(Library)] public static partial CUresult cuMemGetInfo_v2(out nuint free, out nuint total);
    [LibraryImport(Library)] public static partial CUresult cuMemAlloc_v2(out nint address, nuint bytes);
    [LibraryImport(Library)] public static partial CUresult cuMemFree_v2(nint address);
    [LibraryImport(Library)] public static partial CUresult cuMemHostAlloc(out nint address, nuint bytes, uint flags);
    [LibraryImport(Library)] public static partial CUresult cuMemFreeHost(nint address);
    [LibraryImport(Library)] public static partial CUresult cuMemcpyHtoDAsync_v2(nint target, nint source, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial CUresult cuMemcpyDtoHAsync_v2(nint target, nint source, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial CUresult cuMemcpyDtoDAsync_v2(nint target, nint source, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial CUresult cuMemsetD8Async(nint target, byte value, nuint count, nint stream);
    [LibraryImport(Library)] public static partial CUresult cuMemsetD32Async(nint target, uint value, nuint count, nint stream);

    [LibraryImport(Library)] public static partial CUresult cuStreamCreate(out nint stream, uint flags);
    [LibraryImport(Library)] public static partial CUresult cuStreamDestroy_v2(nint stream);
    [LibraryImport(Library)] public static partial CUresult cuStreamSynchronize(nint stream);
    [LibraryImport(Library)] public static partial CUresult cuEventCreate(out nint handle, uint flags);
    [LibraryImport(Library)] public static partial CUresult cuEventDestroy_v2(nint handle);
    [LibraryImport(Library)] public static partial CUresult cuEventRecord(nint handle, nint stream);
    [LibraryImport(Library)] public static partial CUresult cuEventSynchronize(nint handle);
    [LibraryImport(Library)] public static partial CUresult cuEventElapsedTime(out float milliseconds, nint start, nint end);

    [LibraryImport(Library)]
    public static partial CUresult cuModuleLoadDataEx(out nint module, void* image, uint count, CUjit_option* options, void** values);

    [LibraryImport(Library)] public static partial CUresult cuModuleUnload(nint module);
    [LibraryImport(Library)] public static partial CUresult cuModuleGetFunction(out nint function, nint module, byte* name);
    [LibraryImport(Library)] public static partial CUresult cuFuncGetAttribute(out int value, CUfunction_attribute attribute, nint function);
    [LibraryImport(Library)] public static partial CUresult cuFuncSetAttribute(nint function, CUfunction_attribute attribute, int value);

    [LibraryImport(Library)]
    public static partial CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(out int blocks, nint function, int threads, nuint sharedBytes);

    [LibraryImport(Library)]
    public static partial CUresult cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** kernelParams, void** extra);

    [LibraryImport(Library)]
    public static partial CUresult cuLaunchCooperativeKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** kernelParams);

    [LibraryImport(Library)] public static partial CUresult cuGraphCreate(out nint graph, uint flags);
    [LibraryImport(Library)] public static partial CUresult cuGraphDestroy(nint graph);

    [LibraryImport(Library)]
    public static partial CUresult cuGraphAddKernelNode(
        out nint node, nint graph, nint* dependencies, nuint count, CUDA_KERNEL_NODE_PARAMS* parameters);

    [LibraryImport(Library)]
    public static partial CUresult cuGraphKernelNodeSetAttribute(nint node, CUlaunchAttributeID attribute, CUlaunchAttributeValue* value);

    [LibraryImport(Library)] public static partial CUresult cuGraphInstantiateWithFlags(out nint executable, nint graph, ulong flags);
    [LibraryImport(Library)] public static partial CUresult cuGraphUpload(nint executable, nint stream);
    [LibraryImport(Library)] public static partial CUresult cuGraphLaunch(nint executable, nint stream);
    [LibraryImport(Library)] public static partial CUresult cuGraphExecDestroy(nint executable);
}
