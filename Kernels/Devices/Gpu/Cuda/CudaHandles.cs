using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// A driver object that somebody owns. Few and long-lived, disposed explicitly with the context current; a finalizer never calls the
/// driver, whose context may be gone by then: it only counts the leak.
/// </summary>
internal abstract class CudaHandle : SafeHandle
{
    private static int _live;
    private static int _leaked;

    protected CudaHandle(nint value) : base(0, ownsHandle: true)
    {
        SetHandle(value);
        Interlocked.Increment(ref _live);
    }

    /// <summary>Handles created and not yet given back, in this process.</summary>
    public static int Live => Volatile.Read(ref _live);

    /// <summary>Handles that the garbage collector found undisposed.</summary>
    public static int Leaked => Volatile.Read(ref _leaked);

    public override bool IsInvalid => handle == 0;

    /// <summary>The driver's value, for calls; the owner keeps this object alive and undisposed.</summary>
    public nint Value => !IsClosed ? handle : throw new ObjectDisposedException(GetType().Name);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            base.Dispose(disposing);
            return;
        }

        Interlocked.Increment(ref _leaked);
        SetHandleAsInvalid();
    }

    protected abstract CUresult Destroy();

    protected override bool ReleaseHandle()
    {
        Interlocked.Decrement(ref _live);
        return Destroy() == CUresult.CUDA_SUCCESS;
    }
}

/// <summary>A retained primary context: the one that every library in the process shares.</summary>
internal sealed class ContextHandle(nint context, int device) : CudaHandle(context)
{
    public static ContextHandle Retain(int device)
    {
        CudaException.Check(CudaApi.cuDevicePrimaryCtxRetain(out nint context, device));
        return new ContextHandle(context, device);
    }

    protected override CUresult Destroy() => CudaApi.cuDevicePrimaryCtxRelease_v2(device);
}

internal sealed class StreamHandle(nint stream) : CudaHandle(stream)
{
    /// <summary>A stream that does not wait for the legacy default stream.</summary>
    public static StreamHandle Create()
    {
        CudaException.Check(CudaApi.cuStreamCreate(out nint stream, CudaApi.CU_STREAM_NON_BLOCKING));
        return new StreamHandle(stream);
    }

    protected override CUresult Destroy() => CudaApi.cuStreamDestroy_v2(handle);
}

internal sealed class EventHandle(nint value) : CudaHandle(value)
{
    public static EventHandle Create(bool timing)
    {
        CudaException.Check(CudaApi.cuEventCreate(out nint value, timing ? 0 : CudaApi.CU_EVENT_DISABLE_TIMING));
        return new EventHandle(value);
    }

    protected override CUresult Destroy() => CudaApi.cuEventDestroy_v2(handle);
}

internal sealed class ModuleHandle(nint module) : CudaHandle(module)
{
    protected override CUresult Destroy() => CudaApi.cuModuleUnload(handle);
}

internal sealed class GraphHandle(nint graph) : CudaHandle(graph)
{
    public static GraphHandle Create()
    {
        CudaException.Check(CudaApi.cuGraphCreate(out nint graph, 0));
        return new GraphHandle(graph);
    }

    protected override CUresult Destroy() => CudaApi.cuGraphDestroy(handle);
}

internal sealed class GraphExecHandle(nint executable) : CudaHandle(executable)
{
    protected override CUresult Destroy() => CudaApi.cuGraphExecDestroy(handle);
}

/// <summary>Page-locked host memory, which the GPU copies from and to by itself.</summary>
internal sealed class PinnedHandle(nint address) : CudaHandle(address)
{
    public static PinnedHandle Allocate(int bytes)
    {
        CudaException.Check(CudaApi.cuMemHostAlloc(out nint address, (nuint)bytes, 0));
        return new PinnedHandle(address);
    }

    protected override CUresult Destroy() => CudaApi.cuMemFreeHost(handle);
}
