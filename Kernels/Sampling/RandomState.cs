using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>
/// A seed and how many steps were drawn from it, kept in device memory (16 bytes) so that a captured step draws anew at each replay.
/// Launches that share an offset and a stream id see the same numbers; that is how a backward pass finds its forward's.
/// </summary>
public readonly record struct RandomState(ulong Seed, ulong Offset)
{
    /// <summary>Bytes of device memory a state takes.</summary>
    public const int Bytes = 16;

    internal const int Words = Bytes / sizeof(ulong);

    /// <summary>Offset += 1, on the device: once a step, after all draws of the step.</summary>
    public static unsafe void Advance(Device device, BufferRange state)
    {
        state = state.First("random_state_advance", "state", DType.Int64, Words);
        var args = new RandomStateArgs { State = state.Address };
        Span<Access> accesses = [Access.Update(state)];
        if (device is CpuDevice cpu) cpu.Launch("random_state_advance", &AdvanceOnCpu, ref args, accesses);
        else ((GpuDevice)device).Launch(RandomStateGpu.Advance, LaunchShape.Linear(1, 32), ref args, accesses);
    }

    /// <summary>A stream of the state at this host address.</summary>
    internal static unsafe PhiloxStream Stream(ulong state, uint stream) => new(((RandomState*)state)->Seed, ((RandomState*)state)->Offset, stream);

    private static unsafe void AdvanceOnCpu(WorkerPool pool, RandomStateArgs* args)
    {
        var state = (RandomState*)args->State;
        *state = *state with { Offset = state->Offset + 1 };
    }
}

internal struct RandomStateArgs
{
    public ulong State;
}

internal sealed class RandomStateGpu : IGpuKernelFamily
{
    public static readonly GpuKernel Advance = new("Sampling/random_state.cu", "random_state_advance", typeof(RandomStateArgs));

    public static IEnumerable<GpuKernel> Variants => [Advance];
}
