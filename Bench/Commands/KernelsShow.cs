using System.CommandLine;
using GenEngine.Bench.UserKernels;
using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>kernels show: the source as compilers see it, the PTX, or the launches of an op case.</summary>
internal static class KernelsShow
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("show", "Print what is run: a kernel's source with everything it includes, its PTX, or the launches that an op case makes of it.")
        {
            Examples =
            [
                ("kernels show matmul.cu", "the source, numbered, includes in their place"),
                ("kernels show \"unary<OP=10>\" --ptx --arch sm_90", "what NVRTC makes of it; no GPU is needed"),
                ("kernels show matmul --launch --like \"Linear 37x50->20\"", "grid, block, arguments and declared accesses"),
                ("kernels show \"GaussianKl\" --launch", "every launch of an op case"),
            ],
        };
        var name = new Argument<string>("name") { Description = "A variant, an entry, a file, or with --launch an op case." };
        var source = new Option<bool>("--source") { Description = "Print the source (the default)." };
        var emulator = new Option<bool>("--emulator") { Description = "The source as the host's compiler sees it, with the emulator's headers." };
        var ptx = new Option<bool>("--ptx") { Description = "Print the PTX that NVRTC makes." };
        var launch = new Option<bool>("--launch") { Description = "Print grid, block, argument block and declared accesses of its launches." };
        var like = new Option<string?>("--like") { HelpName = "OP CASE", Description = "With --launch: the op cases whose name contains this; the first that launches the kernel when not given." };
        var arch = KernelsCommand.Arch("ARCH", "With --ptx: the GPU architecture.", "sm_80");
        var precision = Options.Precision("float32", "float64");
        command.Arguments.Add(name);
        foreach (Option option in (Option[])[source, emulator, ptx, launch, like, arch, precision]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (((Option[])[source, ptx, launch]).Count(option => result.GetResult(option) is not null) > 1) result.AddError("--source, --ptx and --launch are three things to print; give one of them.");
        });
        command.OnRun(session =>
        {
            var real = session.Get(precision) == "float64" ? DType.Float64 : DType.Float32;
            if (session.Get(ptx)) return Ptx(session, KernelNames.Find(session.Get(name)!), CudaArch.Parse(session.Get(arch)!));
            if (session.Get(launch)) return Launches(session, session.Get(name)!, session.Get(like), real);
            return Source(session, KernelNames.Find(session.Get(name)!)[0].File, session.Get(emulator));
        });
        return command;
    }

    private static int Source(Session session, string name, bool emulator)
    {
        var source = KernelSource.Load(name, emulator);
        string current = "";
        foreach (var (file, number, line) in KernelSource.Number(name, source.Text))
        {
            if (file != current) session.Out.WriteLine($"--- {file}");
            current = file;
            session.Out.WriteLine(Invariant($"{number,5} | {line}"));
        }

        return ExitCode.Done;
    }

    private static int Ptx(Session session, IReadOnlyList<GpuKernel> kernels, CudaArch arch)
    {
        var kernel = kernels[0];
        if (kernels.Count > 1) session.Error.WriteLine(Invariant($"{kernels.Count} variants have this name; this is {kernel.Name}. 'kernels list --only {kernel.Entry}' shows all."));
        var compiler = new KernelCompiler(NvrtcCompiler.Load(), new CubinCache());
        byte[] text = compiler.Compile(kernel, arch with { IsPtx = true }).Cubin;
        session.Out.WriteLine(System.Text.Encoding.UTF8.GetString(text).TrimEnd('\0'));
        return ExitCode.Done;
    }

    private static int Launches(Session session, string name, string? like, DType real)
    {
        var kernels = KernelNames.Matching(name);
        // the name of an op case, where it is no kernel's: all that it launches
        if (kernels.Count == 0 && like is null && OpCases.Matching(name).Any()) return Print(session, OpCases.Matching(name).First(), null, real) ? ExitCode.Done : ExitCode.Failed;
        if (kernels.Count == 0) kernels = KernelNames.Find(name);
        var names = kernels.Select(kernel => kernel.Name).ToHashSet();
        var cases = like is null ? OpCases.All : KernelNames.Cases(like);
        foreach (var test in cases)
        {
            if (Print(session, test, names, real)) return ExitCode.Done;
        }

        throw new EngineException(like is null ? $"No op case launches '{name}' in {real.CName()}." : $"None of the {cases.Count} op cases like '{like}' launches '{name}' in {real.CName()}.");
    }

    /// <returns>False, with nothing printed, when the case launches none of the kernels.</returns>
    private static bool Print(Session session, OpCase test, HashSet<string>? names, DType real)
    {
        ScannedLaunch[] launches = [.. LaunchScan.Of(test, real).Where(launch => names is null || names.Contains(launch.Kernel))];
        if (launches.Length == 0) return false;
        session.Out.WriteLine(Invariant($"op case {test.Name}, {real.CName()}: {launches.Length} launches, with the grids that the emulator asks for"));
        foreach (var launch in launches) Print(session.Out, launch);
        return true;
    }

    private static void Print(TextWriter output, ScannedLaunch launch)
    {
        var kernel = KernelCatalog.Variants.First(kernel => kernel.Name == launch.Kernel);
        var shape = launch.Shape;
        output.WriteLine($"\n{launch.Kernel}  for {launch.Label}");
        output.WriteLine(Invariant($"  {kernel.File}, grid {shape.GridX} x {shape.GridY} x {shape.GridZ}, block {shape.BlockX}, dynamic shared memory {shape.SharedBytes} bytes{(shape.Cooperative ? ", cooperative" : "")}"));
        output.WriteLine(Invariant($"  argument block {kernel.ArgsType.Name}, {kernel.ArgumentBytes} bytes"));
        foreach (var field in ArgumentBlock.Fields(launch.Block)) output.WriteLine(Invariant($"  {field.Offset,5}  {field.Name,-14} {field.Text}{Pointee(field, launch)}"));
        output.WriteLine("  declared accesses");
        foreach (var (mode, address, bytes, range) in launch.Accesses) output.WriteLine(Invariant($"         {Verb(mode),-8} 0x{address:x}, {bytes} bytes: {range}"));
    }

    private static string Pointee(ArgumentValue field, ScannedLaunch launch)
    {
        if (!field.IsPointer) return "";
        foreach (var access in launch.Accesses)
        {
            if (access.Address == (ulong)field.Value) return Invariant($"  ({Verb(access.Mode)}, {access.Bytes} bytes)");
        }

        return (ulong)field.Value == 0 ? "  (none)" : "";
    }

    private static string Verb(AccessMode mode) => mode switch { AccessMode.Read => "read", AccessMode.Write => "written", _ => "updated" };
}
