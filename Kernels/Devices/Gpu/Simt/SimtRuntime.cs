using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>
/// The emulator's run time (runtime.cpp), compiled at first use and loaded once a process and compiler, and the compilation of kernel
/// files against it. Kernel objects link against this one library, which holds all thread-local state.
/// </summary>
internal sealed unsafe partial class SimtRuntime
{
    /// <summary>Raise it when the interface between kernel objects, run time and driver changes.</summary>
    public const int Abi = 3;

    private static readonly ConcurrentDictionary<(HostCompiler, string), Lazy<SimtRuntime>> s_runtimes = new();

    private const int RtldNow = 2, RtldGlobalMac = 8;

    private readonly HostCompiler _compiler;
    private readonly string _library;

    private SimtRuntime(HostCompiler compiler, ObjectCache cache)
    {
        _compiler = compiler;
        Cache = cache;
        string text = KernelSource.Load("Devices/Gpu/Simt/runtime.cpp", emulator: true).Text;
        string[] options = [.. HostCompiler.CommonOptions, "-O2"];
        if (OperatingSystem.IsMacOS())
        {
            // kernel objects look their symbols up in what is loaded globally
            _library = cache.Get("the emulator's run time", compiler, text, options);
            _ = Dlopen(_library, RtldNow | RtldGlobalMac);
        }
        else
        {
            // a name of its own for each content: the loader takes a library it already has for another of the same name
            string name = $"-Wl,-soname,libgenengine-simt-{ObjectCache.Key(compiler, text, options)[..16]}.so";
            _library = cache.Get("the emulator's run time", compiler, text, [.. options, name]);
        }

        nint handle = NativeLibrary.Load(_library);
        NewWorker = (delegate* unmanaged<nint>)NativeLibrary.GetExport(handle, "simt_worker_new");
        FreeWorker = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(handle, "simt_worker_free");
        Launch = (delegate* unmanaged<nint, SimtLaunch*, byte*>)NativeLibrary.GetExport(handle, "simt_launch");
        NewShadow = (delegate* unmanaged<nint>)NativeLibrary.GetExport(handle, "simt_shadow_new");
        FreeShadow = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(handle, "simt_shadow_free");
        AddAllocation = (delegate* unmanaged<nint, ulong, ulong, uint>)NativeLibrary.GetExport(handle, "simt_shadow_add");
        RemoveAllocation = (delegate* unmanaged<nint, ulong, void>)NativeLibrary.GetExport(handle, "simt_shadow_remove");
        Uploaded = (delegate* unmanaged<nint, ulong, ulong, void>)NativeLibrary.GetExport(handle, "simt_shadow_upload");
        Counters = (delegate* unmanaged<nint, NativeAccessSite*, uint, uint>)NativeLibrary.GetExport(handle, "simt_counters");
        ForgetCounters = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(handle, "simt_counters_forget");
    }

    public ObjectCache Cache { get; }

    public delegate* unmanaged<nint> NewWorker { get; }

    public delegate* unmanaged<nint, void> FreeWorker { get; }

    /// <summary>Runs blocks of a launch until none is left; returns null or the message of a fault.</summary>
    public delegate* unmanaged<nint, SimtLaunch*, byte*> Launch { get; }

    public delegate* unmanaged<nint> NewShadow { get; }

    public delegate* unmanaged<nint, void> FreeShadow { get; }

    /// <summary>Address and bytes; 0 when there is no memory for the shadow.</summary>
    public delegate* unmanaged<nint, ulong, ulong, uint> AddAllocation { get; }

    public delegate* unmanaged<nint, ulong, void> RemoveAllocation { get; }

    public delegate* unmanaged<nint, ulong, ulong, void> Uploaded { get; }

    public delegate* unmanaged<nint, NativeAccessSite*, uint, uint> Counters { get; }

    public delegate* unmanaged<nint, void> ForgetCounters { get; }

    public static SimtRuntime Open(HostCompiler compiler, string folder) =>
        s_runtimes.GetOrAdd((compiler, folder), key => new Lazy<SimtRuntime>(() => new SimtRuntime(key.Item1, new ObjectCache(key.Item2)))).Value;

    /// <summary>The shared library of a kernel file with a variant's constants; all entries of the file are in it.</summary>
    public string Compile(GpuKernel kernel, bool isChecked)
    {
        var source = KernelSource.Load(kernel.File, emulator: true);
        string[] options =
        [
            .. HostCompiler.CommonOptions, "-DSIMT_HOST=1", .. isChecked ? new[] { "-O2", "-DSIMT_CHECKED=1" } : ["-O2"],
            // a large local array would run over a lane's stack
            .. _compiler.IsClang ? new[] { "-Wframe-larger-than=24576", "-Werror=frame-larger-than" } : ["-Werror=frame-larger-than=24576"],
            .. kernel.Defines.Select(define => "-D" + define),
            .. OperatingSystem.IsMacOS() ? new[] { "-undefined", "dynamic_lookup" } : ["-nostdlib", _library],
        ];
        return Cache.Get($"{kernel.Name} ({kernel.File})", _compiler, source.Text, options);
    }

    [LibraryImport("libSystem.dylib", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Dlopen(string path, int mode);
}
