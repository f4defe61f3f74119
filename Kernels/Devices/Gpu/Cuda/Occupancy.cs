namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// How many blocks of a kernel a multiprocessor holds, by arithmetic: registers, shared memory, threads and block slots
/// (CUDA C Programming Guide, "Technical Specifications per Compute Capability", and the rounding of the occupancy calculator).
/// </summary>
/// <param name="Threads">Resident threads.</param>
/// <param name="Blocks">Resident blocks.</param>
/// <param name="SharedBytes">Shared memory of a multiprocessor.</param>
/// <param name="SharedPerBlock">Shared memory that the system takes of each block.</param>
public sealed record Occupancy(int Threads, int Blocks, int SharedBytes, int SharedPerBlock)
{
    private const int Registers = 65536, RegistersPerWarp = 256, WarpsTogether = 4, SharedStep = 128;

    /// <summary>The limits of an architecture; null for one that is not in the table.</summary>
    /// <param name="arch">Compute capability times ten.</param>
    public static Occupancy? Of(int arch) => arch switch
    {
        75 => new(1024, 16, 64 << 10, 0),
        80 => new(2048, 32, 164 << 10, 1 << 10),
        86 => new(1536, 16, 100 << 10, 1 << 10),
        87 => new(1536, 16, 164 << 10, 1 << 10),
        89 => new(1536, 24, 100 << 10, 1 << 10),
        90 or 100 or 103 => new(2048, 32, 228 << 10, 1 << 10),
        120 or 121 => new(1536, 24, 100 << 10, 1 << 10),
        _ => null,
    };

    /// <summary>Blocks that fit at once; 0 when not even one does.</summary>
    /// <param name="registers">Registers a thread.</param>
    /// <param name="sharedBytes">Static and dynamic, a block.</param>
    public int BlocksOf(int threads, int registers, int sharedBytes)
    {
        int warps = (threads + 31) / 32;
        int warpRegisters = RoundUp(Math.Max(registers, 1) * 32, RegistersPerWarp);
        int byRegisters = Registers / warpRegisters / WarpsTogether * WarpsTogether / warps;
        int shared = RoundUp(sharedBytes + SharedPerBlock, SharedStep);
        int byShared = shared == 0 ? Blocks : SharedBytes / shared;
        return Math.Min(Math.Min(Blocks, Threads / (32 * warps)), Math.Min(byRegisters, byShared));
    }

    private static int RoundUp(int value, int step) => (value + step - 1) / step * step;
}
