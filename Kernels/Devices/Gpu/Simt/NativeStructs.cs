using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>The launch as the run time sees it (runtime.h, struct Launch).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SimtLaunch
{
    public nint Run;
    public void* Args;
    public ulong* NextBlock;
    public nint Shadow;
    public DeclaredRange* Ranges;
    public byte* File;
    public uint Line, RangeCount;
    public uint GridX, GridY, GridZ;
    public uint Threads, DynamicBytes, Cooperative;
    public uint Order;
    public uint Poison;
    public uint Cluster;
}

/// <summary>One declared access (runtime.h, struct Range).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DeclaredRange
{
    public ulong Begin, End;
    public byte* Name;
    public uint Mode, Reserved;
}

/// <summary>What a kernel object exports as entry_kernel (simt.h, struct SimtKernel).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct KernelDescriptor
{
    public nint Run;
    public ArgumentField* Fields;
    public byte* File;
    public uint Line, ArgBytes, MaxThreads, Cluster;
}

/// <summary>One field of a kernel's argument struct (simt.h, struct SimtField).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArgumentField
{
    public byte* Name;
    public uint Offset, Bytes;
}

/// <summary>Counts of one source line (counters.h, struct SiteReport).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeAccessSite
{
    public byte* Kernel;
    public byte* File;
    public uint Line, How, Bytes, Shared;
    public ulong Requests, Cost, Ideal;
}
