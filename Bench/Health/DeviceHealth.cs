using System.Runtime.InteropServices;
using GenEngine.Bench.Commands;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Kernels.Layout;
using static System.FormattableString;

namespace GenEngine.Bench.Health;

/// <summary>What can be computed on, and what is needed for it. Nothing is compiled.</summary>
internal static class DeviceHealth
{
    /// <summary>The SIMD device, proved by a launch on all of its threads.</summary>
    public static Finding Cpu()
    {
        const int Count = 4096;
        try
        {
            using var device = new CpuDevice();
            using var buffer = device.Allocate(Count * sizeof(float), "doctor");
            Fill.Run(device, DType.Float32, buffer.All, Count, 1);
            var values = new float[Count];
            device.Download<float>(buffer.All, values);
            if (values.AsSpan().ContainsAnyExcept(1f)) return new Finding("cpu", false, "A kernel on the CPU gave a wrong result.", "Run 'genengine gradcheck' and report what it finds.");
            string others = string.Join(", ", Enum.GetValues<CpuIsa>().Where(isa => isa != device.Isa && isa.IsSupported()).Select(isa => isa.Name()));
            string also = others.Length > 0 ? $" (also {others})" : "";
            return new Finding("cpu", true, Invariant($"{Devices.ProcessorName()}, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}, {device.Pool.Threads} threads, {device.Isa.Name()}{also}"));
        }
        catch (EngineException wrong)
        {
            return Finding.Missing("cpu", wrong.Message);
        }
    }

    /// <summary>The emulator: all that it needs is a C++ compiler.</summary>
    public static Finding Simt()
    {
        try
        {
            var compiler = CompilerFinder.Find();
            string version = compiler.Identity.Split('\n') is [_, var line, ..] ? line : "";
            return new Finding("simt", true, $"the CUDA sources on the CPU, by {compiler.Path}: {version}");
        }
        catch (EngineException wrong)
        {
            return Finding.Missing("simt", wrong.Message);
        }
    }

    /// <summary>The GPUs and their run-time compiler.</summary>
    public static Finding[] Cuda()
    {
        var report = CudaDriver.Probe();
        var nvrtc = report.NvrtcProblem is { } missing
            ? Finding.Missing("nvrtc", missing)
            : new Finding("nvrtc", true, $"{report.NvrtcVersion}, {report.NvrtcPath}");
        if (report.DriverProblem is { } problem) return [Finding.Missing("cuda", problem), nvrtc];
        string gpus = Invariant($"{string.Join("; ", report.Devices)}, driver for CUDA {report.CudaVersion}");
        return [report.IsUsable ? new Finding("cuda", true, gpus) : new Finding("cuda", false, $"{gpus}, but no NVRTC to compile the kernels with.", "See nvrtc."), nvrtc];
    }
}
