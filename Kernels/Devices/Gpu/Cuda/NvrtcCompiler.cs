using System.Runtime.InteropServices;
using System.Text;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// CUDA source to machine code, by NVIDIA's run-time compiler. Needs no GPU and no driver. Safe to use from several threads at once.
/// </summary>
public sealed unsafe class NvrtcCompiler
{
    /// <summary>
    /// Options of every program. Products and sums written apart stay apart (the summation law); there is no line information, so
    /// that comments do not change the machine code.
    /// </summary>
    private static readonly string[] CommonOptions = ["--std=c++17", "-fmad=false", "-default-device"];

    private NvrtcCompiler()
    {
        Check(Nvrtc.nvrtcGetNumSupportedArchs(out int count));
        var archs = new int[count];
        fixed (int* pointer = archs) Check(Nvrtc.nvrtcGetSupportedArchs(pointer));
        SupportedArchs = [.. archs.Order()];
    }

    /// <summary>NVRTC's version: 12.4.</summary>
    public Version Version => NvrtcLibrary.Version;

    /// <summary>The library's file, or its bare name when the system's loader found it.</summary>
    public string LibraryPath => NvrtcLibrary.Path!;

    /// <summary>Compute capabilities (times ten) that this NVRTC knows, ascending.</summary>
    public IReadOnlyList<int> SupportedArchs { get; }

    /// <summary>Loads NVRTC if that has not happened yet.</summary>
    /// <param name="newestMajor">The driver's CUDA major version; null where the result is not to be run here.</param>
    /// <exception cref="DeviceUnavailableException">No NVRTC; the message lists every place tried and the fix.</exception>
    public static NvrtcCompiler Load(int? newestMajor = null)
    {
        NvrtcLibrary.Load(LibraryProbe.ThisMachine, newestMajor);
        return new NvrtcCompiler();
    }

    /// <summary>Machine code where this NVRTC knows the GPU; else PTX of the newest architecture that it knows.</summary>
    /// <param name="arch">The GPU's compute capability, times ten.</param>
    public CudaArch TargetFor(int arch)
    {
        if (SupportedArchs.Contains(arch)) return CudaArch.Sm(arch);
        int older = SupportedArchs.LastOrDefault(known => known < arch);
        return older > 0 ? CudaArch.Compute(older)
            : throw new EngineException($"NVRTC {Version} cannot compile for sm_{arch}; it knows {string.Join(", ", SupportedArchs)}.");
    }

    /// <summary>The options that a program is compiled with; part of the cache's key.</summary>
    public static IReadOnlyList<string> Options(IEnumerable<string> defines, CudaArch arch) =>
        [$"--gpu-architecture={arch}", .. CommonOptions, .. arch.IsPtx ? (string[])[] : ["--ptxas-options=-v"], .. defines.Select(define => "-D" + define)];

    /// <summary>Compiles one program.</summary>
    /// <param name="name">What the compiler calls the text in its messages: the file's path.</param>
    /// <param name="text">The source, includes pasted in.</param>
    /// <param name="defines">Constants as NAME=VALUE.</param>
    /// <exception cref="EngineException">The source does not compile: NVRTC's log, the lines it names, the options.</exception>
    public CompiledModule Compile(string name, string text, IEnumerable<string> defines, CudaArch arch)
    {
        var options = Options(defines, arch);
        using var source = new Utf8Strings([text, name]);
        using var arguments = new Utf8Strings(options);
        Check(Nvrtc.nvrtcCreateProgram(out nint program, source[0], source[1], 0, null, null));
        try
        {
            var result = Nvrtc.nvrtcCompileProgram(program, arguments.Count, arguments.Pointers);
            Check(Nvrtc.nvrtcGetProgramLogSize(program, out nuint logBytes));
            string log = Text(logBytes, buffer => Nvrtc.nvrtcGetProgramLog(program, (byte*)buffer));
            if (result != nvrtcResult.NVRTC_SUCCESS) throw new EngineException(CompileErrors.Explain(name, text, options, log, Describe(result), Version));
            Check(Nvrtc.nvrtcGetPTXSize(program, out nuint ptxBytes));
            string ptx = Text(ptxBytes, buffer => Nvrtc.nvrtcGetPTX(program, (byte*)buffer));
            if (arch.IsPtx) return new CompiledModule(arch, [.. Encoding.UTF8.GetBytes(ptx), 0], log, ptx);
            Check(Nvrtc.nvrtcGetCUBINSize(program, out nuint cubinBytes));
            return new CompiledModule(arch, Bytes(cubinBytes, buffer => Nvrtc.nvrtcGetCUBIN(program, (byte*)buffer)), log, ptx);
        }
        finally
        {
            Nvrtc.nvrtcDestroyProgram(ref program);
        }
    }

    private static string Text(nuint bytes, Func<nint, nvrtcResult> read) => Encoding.UTF8.GetString(Bytes(bytes, read)).TrimEnd('\0');

    private static byte[] Bytes(nuint count, Func<nint, nvrtcResult> read)
    {
        var buffer = new byte[checked((int)count)];
        if (buffer.Length == 0) return buffer;
        fixed (byte* pointer = buffer) Check(read((nint)pointer));
        return buffer;
    }

    private static string Describe(nvrtcResult result) => Marshal.PtrToStringUTF8((nint)Nvrtc.nvrtcGetErrorString(result)) ?? result.ToString();

    private static void Check(nvrtcResult result)
    {
        if (result != nvrtcResult.NVRTC_SUCCESS) throw new EngineException($"NVRTC {NvrtcLibrary.Version} ({NvrtcLibrary.Path}) failed: {Describe(result)}.");
    }

    /// <summary>Strings as C has them, alive until disposed.</summary>
    private sealed class Utf8Strings : IDisposable
    {
        private readonly byte** _pointers;

        public Utf8Strings(IReadOnlyList<string> strings)
        {
            Count = strings.Count;
            _pointers = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(1, Count), (nuint)sizeof(byte*));
            for (int i = 0; i < Count; i++) _pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }

        public int Count { get; }

        public byte** Pointers => _pointers;

        public byte* this[int index] => _pointers[index];

        public void Dispose()
        {
            for (int i = 0; i < Count; i++) Marshal.FreeCoTaskMem((nint)_pointers[i]);
            NativeMemory.Free(_pointers);
        }
    }
}
