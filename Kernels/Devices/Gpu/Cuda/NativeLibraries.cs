using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// Gives the runtime the two libraries that <see cref="CudaApi"/> and <see cref="Nvrtc"/> name. An assembly has one resolver, so
/// there is one, for every operating system. The libraries stay in the process to its end.
/// </summary>
internal static class NativeLibraries
{
    private static readonly Dictionary<string, nint> Loaded = [];

    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    /// <summary>Makes calls to a library of <see cref="CudaApi"/> or <see cref="Nvrtc"/> go to this handle.</summary>
    public static void Provide(string library, nint handle)
    {
        lock (Loaded) Loaded[library] = handle;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        lock (Loaded) return Loaded.GetValueOrDefault(name); // 0: not ours, the runtime's own search
    }
}

/// <summary>The list of places that a search has been to, for the error that names them all.</summary>
internal sealed class ProbeReport
{
    private readonly StringBuilder _text = new();

    public void Add(ProbePlace place, string outcome) => _text.Append("\n  ").Append(place.Origin).Append(": ").Append(place.Path).Append(" - ").Append(outcome);

    public void Empty(ProbePlace place) => Add(place, Directory.Exists(place.Path) ? "not in this folder" : "no such folder");

    public override string ToString() => _text.ToString();

    /// <summary>The first line of a loader's message; the rest repeats every name that the loader tried.</summary>
    public static string FirstLine(Exception e) => e.Message.Split('\n', 2)[0].Trim();
}
