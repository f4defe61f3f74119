using System.Collections.Concurrent;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// Kernel variants to machine code: from memory, from the cache on disk, or by NVRTC, several at once. Variants that differ in their
/// entry point only share one program. Needs no GPU.
/// </summary>
public sealed class KernelCompiler(NvrtcCompiler nvrtc, CubinCache? cache)
{
    // the compiler recurses deeper than a pool thread's stack is sure to hold
    private const int StackBytes = 32 << 20;

    private readonly ConcurrentDictionary<string, Lazy<CompiledModule>> _modules = new(StringComparer.Ordinal);
    private int _compiled;

    /// <summary>What compiles; its version is part of every key of the cache.</summary>
    public NvrtcCompiler Nvrtc { get; } = nvrtc;

    /// <summary>Programs on disk; null keeps them in memory only.</summary>
    public CubinCache? Cache { get; } = cache;

    /// <summary>Programs that NVRTC has compiled for this object; those from the cache do not count.</summary>
    public int CompiledCount => Volatile.Read(ref _compiled);

    /// <summary>True when GPUs of this compute capability (times ten) have the variant's instructions.</summary>
    public static bool RunsOn(GpuKernel kernel, int arch) => kernel.ArchSpecific ? arch == kernel.MinArch : arch >= kernel.MinArch;

    /// <summary>Compiles one variant, or takes it from memory or disk.</summary>
    /// <exception cref="EngineException">The source does not compile, lacks the entry, or needs a newer GPU.</exception>
    public CompiledKernel Compile(GpuKernel kernel, CudaArch arch) => CompileAll([kernel], arch)[0];

    /// <summary>Compiles variants side by side, one thread a core.</summary>
    /// <returns>One result a variant, in the order given.</returns>
    /// <exception cref="EngineException">The first variant, in that order, that does not compile.</exception>
    public IReadOnlyList<CompiledKernel> CompileAll(IReadOnlyCollection<GpuKernel> kernels, CudaArch arch)
    {
        foreach (var kernel in kernels)
        {
            if (!RunsOn(kernel, arch.Number))
                throw new EngineException($"{kernel} needs compute capability {kernel.MinArch / 10}.{kernel.MinArch % 10}{(kernel.ArchSpecific ? " exactly" : "")}; {arch} is another.");
        }

        var modules = kernels.Select(kernel => Module(kernel, arch)).ToArray();
        MakeAll(modules);
        return [.. kernels.Zip(modules, (kernel, module) => module.Value.Find(kernel.Entry)
            ?? throw new EngineException($"{kernel.File} has no KERNEL named '{kernel.Entry}'; it has: {string.Join(", ", module.Value.Entries.Select(entry => entry.Entry))}."))];
    }

    private static void MakeAll(IEnumerable<Lazy<CompiledModule>> modules)
    {
        var missing = modules.Where(module => !module.IsValueCreated).Distinct().ToArray();
        int threads = Math.Min(missing.Length, Environment.ProcessorCount), next = -1;
        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < missing.Length;)
            {
                try
                {
                    _ = missing[i].Value;
                }
                catch (Exception)
                {
                    // kept by the Lazy, which throws it to whoever asks for this program
                }
            }
        }

        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(Work, StackBytes) { IsBackground = true, Name = "kernel compiler" }).ToArray();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
    }

    private Lazy<CompiledModule> Module(GpuKernel kernel, CudaArch arch)
    {
        arch = Specific(kernel, arch);
        string text = KernelSource.Load(kernel.File).Text;
        string key = CubinCache.Key(kernel.File, text, NvrtcCompiler.Options(kernel.DefineList, arch), Nvrtc.Version);
        return _modules.GetOrAdd(key, _ => new Lazy<CompiledModule>(() =>
        {
            if (Cache?.Find(key) is { } kept) return kept;
            var module = Nvrtc.Compile(kernel.File, text, kernel.DefineList, arch);
            Interlocked.Increment(ref _compiled);
            Cache?.Store(key, module);
            return module;
        }));
    }

    /// <summary>What a variant is compiled for: some have instructions of that one architecture.</summary>
    internal static CudaArch Specific(GpuKernel kernel, CudaArch arch) => kernel.ArchSpecific ? arch with { Suffix = "a" } : arch;
}
