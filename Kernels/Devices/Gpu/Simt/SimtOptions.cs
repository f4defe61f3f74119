namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>What the emulator is asked to be.</summary>
/// <param name="Orders">
/// 1 runs every launch once. 3 is the tests' mode: lanes and blocks ascending, descending and permuted, what nobody has written
/// poisoned differently each time, results compared bit for bit.
/// </param>
/// <param name="Checked">
/// Compiles kernels with checked pointers: bounds, uninitialised reads, races, undeclared accesses, outputs written twice or never
/// end the launch with a <see cref="KernelFaultException"/> that names file and line. Two to seven times slower.
/// </param>
/// <param name="Threads">Threads that share the blocks of a launch when it runs in one order, unchecked; 0 takes one a core.</param>
/// <param name="Compiler">Path of g++ or clang++; null takes GENENGINE_CXX, or looks in the usual places.</param>
/// <param name="CacheFolder">Where compiled objects are kept; null takes GENENGINE_CACHE, or the user's cache folder.</param>
public sealed record SimtOptions(int Orders = 1, bool Checked = false, int Threads = 0, string? Compiler = null, string? CacheFolder = null);
