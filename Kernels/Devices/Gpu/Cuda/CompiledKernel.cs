using System.Globalization;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>One entry point of a compiled program, and what ptxas says of it.</summary>
/// <param name="Cubin">The whole program's machine code, or its PTX (zero-terminated) where <see cref="CudaArch.IsPtx"/>.</param>
/// <param name="Registers">Registers a thread; 0 for PTX, where only the driver knows.</param>
/// <param name="SharedBytes">Static shared memory a block, bytes.</param>
/// <param name="SpillBytes">Bytes of registers spilled to local memory, stores and loads together.</param>
/// <param name="StackBytes">Local memory a thread, bytes: spills and arrays that are indexed at run time.</param>
/// <param name="ArgumentBytes">Size of the argument struct as the compiler laid it out.</param>
/// <param name="Threads">Threads a block, as KERNEL says; 0 when it does not.</param>
public sealed record CompiledKernel(
    string Entry, CudaArch Arch, byte[] Cubin, int Registers, int SharedBytes, int SpillBytes, int StackBytes, int ArgumentBytes, int Threads);

/// <summary>A compiled program: one source file with one set of constants for one architecture.</summary>
public sealed partial class CompiledModule
{
    private readonly Dictionary<string, CompiledKernel> _entries;

    /// <param name="ptx">The program's PTX, from which the sizes of the argument structs come.</param>
    internal CompiledModule(CudaArch arch, byte[] image, string log, string ptx)
        : this(arch, image, log, Parse(arch, image, log, ptx))
    {
    }

    internal CompiledModule(CudaArch arch, byte[] image, string log, IEnumerable<CompiledKernel> entries)
    {
        Arch = arch;
        Image = image;
        Log = log;
        _entries = entries.ToDictionary(entry => entry.Entry, StringComparer.Ordinal);
    }

    /// <summary>What it was compiled for.</summary>
    public CudaArch Arch { get; }

    /// <summary>Machine code for the driver, or zero-terminated PTX where <see cref="CudaArch.IsPtx"/>.</summary>
    public byte[] Image { get; }

    /// <summary>What NVRTC said: warnings, registers, spills.</summary>
    public string Log { get; }

    /// <summary>One for each KERNEL of the source.</summary>
    public IReadOnlyCollection<CompiledKernel> Entries => _entries.Values;

    /// <summary>The entry point of this name; null when the program has none.</summary>
    public CompiledKernel? Find(string entry) => _entries.GetValueOrDefault(entry);

    private static Dictionary<string, CompiledKernel>.ValueCollection Parse(CudaArch arch, byte[] image, string log, string ptx)
    {
        var entries = new Dictionary<string, CompiledKernel>(StringComparer.Ordinal);
        foreach (Match match in PtxEntry().Matches(ptx))
        {
            string name = match.Groups["name"].Value;
            int bytes = match.Groups["bytes"] is { Success: true } size ? Number(size) : 0;
            int body = ptx.IndexOf('{', match.Index);
            int threads = PtxThreads().Match(body < 0 ? "" : ptx[match.Index..body]) is { Success: true } most ? Number(most.Groups["threads"]) : 0;
            entries[name] = new CompiledKernel(name, arch, image, 0, 0, 0, 0, bytes, threads);
        }

        string current = "";
        foreach (string line in log.Split('\n'))
        {
            if (LogEntry().Match(line) is { Success: true } start) current = start.Groups["name"].Value;
            if (!entries.TryGetValue(current, out var kernel)) continue;
            if (LogFrame().Match(line) is { Success: true } frame)
            {
                // functions that were not inlined follow with frames of their own
                kernel = kernel with
                {
                    StackBytes = Math.Max(kernel.StackBytes, Number(frame.Groups["stack"])),
                    SpillBytes = kernel.SpillBytes + Number(frame.Groups["stores"]) + Number(frame.Groups["loads"]),
                };
            }

            if (LogRegisters().Match(line) is { Success: true } used) kernel = kernel with { Registers = Number(used.Groups["count"]) };
            if (LogShared().Match(line) is { Success: true } shared) kernel = kernel with { SharedBytes = Number(shared.Groups["bytes"]) };
            entries[current] = kernel;
        }

        return entries.Values;
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\.entry\s+(?<name>\w+)\s*\(\s*(\.param\s+\.align\s+\d+\s+\.b8\s+\w+\[(?<bytes>\d+)\])?")]
    private static partial Regex PtxEntry();

    [GeneratedRegex(@"\.maxntid\s+(?<threads>\d+)")]
    private static partial Regex PtxThreads();

    [GeneratedRegex("Compiling entry function '(?<name>[^']+)'")]
    private static partial Regex LogEntry();

    [GeneratedRegex("(?<stack>[0-9]+) bytes stack frame, (?<stores>[0-9]+) bytes spill stores, (?<loads>[0-9]+) bytes spill loads")]
    private static partial Regex LogFrame();

    [GeneratedRegex("Used (?<count>[0-9]+) registers")]
    private static partial Regex LogRegisters();

    [GeneratedRegex("(?<bytes>[0-9]+) bytes smem")]
    private static partial Regex LogShared();
}
