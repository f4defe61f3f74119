using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>
/// The emulator's run time (runtime.cpp), compiled at first use and loaded once a process and compiler, and the compilation of kernel
/// files against it. Kernel objects link against this one library, which holds all thread-local state.
/// </summary>
internal sealed unsafe class SimtRuntime
{
    /// <summary>Raise it when the interface between kernel objects, run time and driver changes.</summary>
    public const int Abi = 1;

    private static readonly ConcurrentDictionary<(HostCompiler, string), Lazy<SimtRuntime>> s_runtimes = new();

    private readonly HostCompiler _compiler;
    private readonly string _library;

    private SimtRuntime(HostCompiler compiler, ObjectCache cache)
    {
        _compiler = compiler;
        Cache = cache;
        string text = KernelSource.Load("Devices/Gpu/Simt/runtime.cpp", emulator: true).Text;
        string[] options = [.. HostCompiler.CommonOptions, "-O2"];
        // a name of its own for each content: the loader takes a library it already has for another of the same name
        string name = $"libgenengine-simt-{ObjectCache.Key(compiler, text, options)[..16]}{ObjectCache.Extension}";
        string naming = OperatingSystem.IsMacOS() ? $"-Wl,-install_name,{name}" : $"-Wl,-soname,{name}";
        _library = cache.Get("the emulator's run time", compiler, text, [.. options, naming]);
        nint handle = NativeLibrary.Load(_library);
        NewWorker = (delegate* unmanaged<nint>)NativeLibrary.GetExport(handle, "simt_worker_new");
        FreeWorker = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(handle, "simt_worker_free");
        Launch = (delegate* unmanaged<nint, SimtLaunch*, byte*>)NativeLibrary.GetExport(handle, "simt_launch");
    }

    public ObjectCache Cache { get; }

    public delegate* unmanaged<nint> NewWorker { get; }

    public delegate* unmanaged<nint, void> FreeWorker { get; }

    /// <summary>Runs blocks of a launch until none is left; returns null or the message of a fault.</summary>
    public delegate* unmanaged<nint, SimtLaunch*, byte*> Launch { get; }

    public static SimtRuntime Open(HostCompiler compiler, string folder) =>
        s_runtimes.GetOrAdd((compiler, folder), key => new Lazy<SimtRuntime>(() => new SimtRuntime(key.Item1, new ObjectCache(key.Item2)))).Value;

    /// <summary>The shared library of a kernel file with a variant's constants; all entries of the file are in it.</summary>
    public string Compile(GpuKernel kernel, bool isChecked)
    {
        var source = KernelSource.Load(kernel.File, emulator: true);
        string[] options =
        [
            .. HostCompiler.CommonOptions, "-O2", "-DSIMT_HOST=1", .. isChecked ? new[] { "-DSIMT_CHECKED=1" } : [],
            // a large local array would run over a lane's stack
            .. _compiler.IsClang ? new[] { "-Wframe-larger-than=24576", "-Werror=frame-larger-than" } : ["-Werror=frame-larger-than=24576"],
            .. kernel.Defines.Select(define => "-D" + define),
            .. OperatingSystem.IsMacOS() ? Array.Empty<string>() : ["-nostdlib"],
            _library,
        ];
        return Cache.Get($"{kernel.Name} ({kernel.File})", _compiler, source.Text, options);
    }
}

/// <summary>The launch as runtime.cpp sees it (struct Launch).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SimtLaunch
{
    public nint Run;
    public void* Args;
    public ulong* NextBlock;
    public nint Shadow;
    public uint GridX, GridY, GridZ;
    public uint Threads, DynamicBytes, Cooperative;
    public uint Order;
    public uint Poison;
}

/// <summary>What a kernel object exports as entry_kernel (simt.h, struct SimtKernel).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct KernelDescriptor
{
    public nint Run;
    public ArgumentField* Fields;
    public byte* File;
    public uint Line, ArgBytes, MaxThreads, Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArgumentField
{
    public byte* Name;
    public uint Offset, Bytes;
}

/// <summary>A loaded variant.</summary>
internal sealed unsafe class SimtModule
{
    public SimtModule(GpuKernel kernel, string library)
    {
        nint handle = NativeLibrary.Load(library);
        if (!NativeLibrary.TryGetExport(handle, kernel.Entry + "_kernel", out nint descriptor))
            throw new EngineException($"{kernel.File} has no KERNEL({kernel.Entry}, ...) with the constants of {kernel.Name}.");
        Descriptor = (KernelDescriptor*)descriptor;
        ArgumentTable.Check(kernel, Descriptor);
    }

    public KernelDescriptor* Descriptor { get; }
}

/// <summary>Compares the argument struct of a kernel with its C# mirror, field by field: swapped fields of one size would pass a size check.</summary>
internal static unsafe class ArgumentTable
{
    public static void Check(GpuKernel kernel, KernelDescriptor* descriptor)
    {
        string where = $"{kernel.File}: the argument struct of {kernel.Entry} and the C# struct {kernel.ArgsType.Name} differ";
        var mirror = kernel.ArgsType.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).ToDictionary(field => field.Name);
        for (var field = descriptor->Fields; field->Name != null; field++)
        {
            string name = Marshal.PtrToStringUTF8((nint)field->Name)!;
            if (!mirror.Remove(name, out var twin)) throw new EngineException($"{where}: C# has no field '{name}'.");
#pragma warning disable CA1421 // argument structs are blittable: both layouts are one
            long offset = Marshal.OffsetOf(kernel.ArgsType, name).ToInt64();
#pragma warning restore CA1421
            int bytes = SizeOf(twin.FieldType);
            if (offset != field->Offset || bytes != field->Bytes)
                throw new EngineException($"{where}: field '{name}' is {field->Bytes} bytes at offset {field->Offset} in the kernel, {bytes} bytes at {offset} in C#.");
        }

        if (mirror.Count > 0) throw new EngineException($"{where}: the kernel has no field '{mirror.Keys.First()}'.");
        int size = SizeOf(kernel.ArgsType);
        if (size != descriptor->ArgBytes) throw new EngineException($"{where}: {descriptor->ArgBytes} bytes in the kernel, {size} in C#.");
    }

    // Marshal.SizeOf refuses generic structs and enums; Unsafe.SizeOf takes every blittable type.
    private static int SizeOf(Type type) =>
        (int)typeof(System.Runtime.CompilerServices.Unsafe).GetMethod("SizeOf")!.MakeGenericMethod(type).Invoke(null, null)!;
}
