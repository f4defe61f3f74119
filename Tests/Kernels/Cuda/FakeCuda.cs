using System.Diagnostics;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>
/// A driver library of the tests' own (fake_cuda.c), built by the machine's C compiler. Scenarios that use it run in a copy of the
/// engine, so that the tests' own engine never takes it for a GPU.
/// </summary>
internal static unsafe class FakeCuda
{
    private static readonly Lazy<string> s_library = new(Build);
    private static readonly EngineCopy s_copy = new();
    private static nint s_handle;

    public enum Kind
    {
        Context, Stream, Event, Module, Graph, Exec, Pinned, Memory,
    }

    /// <summary>Objects of this kind that the driver has handed out and not got back.</summary>
    public static int Live(Kind kind) => ((delegate* unmanaged<int, int>)Export("fake_live"))((int)kind);

    /// <summary>Launches that have run.</summary>
    public static int LaunchCount => ((delegate* unmanaged<int>)Export("fake_launch_count"))();

    /// <summary>Launches of graphs that were asked for.</summary>
    public static int GraphCount => ((delegate* unmanaged<int>)Export("fake_graph_count"))();

    /// <summary>How often the time between two events was asked for.</summary>
    public static int TimesAsked => ((delegate* unmanaged<int>)Export("fake_times_asked"))();

    /// <summary>Edges of all graphs made since the last reset.</summary>
    public static (int From, int To)[] Edges
    {
        get
        {
            var edges = new (int, int)[((delegate* unmanaged<int>)Export("fake_edge_count"))()];
            int* pair = stackalloc int[2];
            for (int i = 0; i < edges.Length; i++)
            {
                ((delegate* unmanaged<int, int*, void>)Export("fake_edge"))(i, pair);
                edges[i] = (pair[0], pair[1]);
            }

            return edges;
        }
    }

    /// <summary>Runs a public static method of a class of this assembly in a copy of the engine, with the fake as its libcuda.</summary>
    public static void Run(Type scenarios, string method) => s_copy.Run(scenarios, method, ("GENENGINE_LIBCUDA", s_library.Value));

    /// <summary>One GPU of compute capability 8.0 with 1 GiB, a driver for CUDA 12.4, nothing recorded, no error to come.</summary>
    public static void Reset() => ((delegate* unmanaged<void>)Export("fake_reset"))();

    public static void Machine(int devices = 1, int version = 12040, int arch = 80, long memory = 1 << 30) =>
        ((delegate* unmanaged<int, int, int, long, void>)Export("fake_machine"))(devices, version, arch, memory);

    /// <summary>The next call of this function returns this error.</summary>
    public static void Fail(string function, int result)
    {
        nint name = Marshal.StringToCoTaskMemUTF8(function);
        ((delegate* unmanaged<nint, int, void>)Export("fake_fail"))(name, result);
        Marshal.FreeCoTaskMem(name);
    }

    /// <summary>What the clock says between two events, in turn and over and over; without it, 1.5 ms each time.</summary>
    public static void Times(params float[] milliseconds)
    {
        fixed (float* first = milliseconds) ((delegate* unmanaged<float*, int, void>)Export("fake_times"))(first, milliseconds.Length);
    }

    public static FakeLaunch Launch(int index)
    {
        byte* name = stackalloc byte[256];
        uint* numbers = stackalloc uint[8];
        byte* args = stackalloc byte[256];
        int bytes = ((delegate* unmanaged<int, byte*, uint*, byte*, int>)Export("fake_launch"))(index, name, numbers, args);
        return new FakeLaunch(Marshal.PtrToStringUTF8((nint)name)!, [.. new ReadOnlySpan<uint>(numbers, 6)], (int)numbers[6], numbers[7] != 0, [.. new ReadOnlySpan<byte>(args, bytes)]);
    }

    private static nint Export(string name)
    {
        if (s_handle == 0) s_handle = NativeLibrary.Load(Environment.GetEnvironmentVariable("GENENGINE_LIBCUDA")!);
        return NativeLibrary.GetExport(s_handle, name);
    }

    private static string Build()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("The make-believe driver is built by gcc or clang; Windows has neither by itself.");
        string folder = Directory.CreateTempSubdirectory("genengine-fake-cuda").FullName;
        string source = Path.Combine(folder, "fake_cuda.c"), library = Path.Combine(folder, "libfakecuda.so");
        using (var resource = typeof(FakeCuda).Assembly.GetManifestResourceStream("Tests/Kernels/Cuda/fake_cuda.c")!)
        using (var file = File.Create(source)) resource.CopyTo(file);
        foreach (string compiler in (string[])["cc", "gcc", "clang", "g++"])
        {
            try
            {
                string[] options = ["-x", "c", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden", "-o", library, source];
                using var process = Process.Start(new ProcessStartInfo(compiler, options) { RedirectStandardError = true })!;
                string errors = process.StandardError.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode == 0) return library;
                throw new InvalidOperationException($"{compiler} does not compile fake_cuda.c:\n{errors}");
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // no such compiler; the next one
            }
        }

        Assert.Ignore("The make-believe driver needs a C compiler: cc, gcc, clang or g++ (Debian: apt-get install gcc).");
        return "";
    }
}

/// <summary>What the driver was told of a launch.</summary>
/// <param name="Shape">Grid x, y, z, block x, y, z.</param>
internal sealed record FakeLaunch(string Name, uint[] Shape, int SharedBytes, bool Cooperative, byte[] Args);
