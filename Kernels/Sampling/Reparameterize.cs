using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>
/// The latent sample of a variational autoencoder and its divergence from the standard normal distribution (Kingma and Welling 2014,
/// appendix B), in one kernel each way. The noise eps is a function of (element of z, state, stream): backward draws it again.
/// muLogVar is [rows, 2 * columns], mu beside log variance; z and dz are [rows, columns], kl and dkl one value a row.
/// </summary>
public static class Reparameterize
{
    private const string Name = "reparameterize";

    /// <summary>z = mu + exp(logVar / 2) eps; kl[row] = 1/2 sum(mu^2 + exp(logVar) - 1 - logVar) in nats.</summary>
    /// <param name="dtype">float or double, of all tensors.</param>
    /// <param name="state">A <see cref="RandomState"/>, read.</param>
    /// <param name="stream">Which of the state's streams.</param>
    public static void Forward(
        Device device, DType dtype, BufferRange muLogVar, BufferRange z, BufferRange kl,
        int rows, int columns, BufferRange state, uint stream)
    {
        long latents = Latents(rows, columns);
        if (rows == 0) return;
        muLogVar = muLogVar.First(Name, "muLogVar", dtype, 2 * latents);
        z = z.First(Name, "z", dtype, latents);
        kl = kl.First(Name, "kl", dtype, rows);
        state = state.First(Name, "state", DType.Int64, RandomState.Words);
        var args = new ReparameterizeForwardArgs
        {
            MuLogVar = muLogVar.Address,
            Z = z.Address,
            Kl = kl.Address,
            State = state.Address,
            Rows = rows,
            Columns = columns,
            Stream = stream,
        };
        Span<Access> accesses = [Access.Read(muLogVar), Access.Write(z), Access.Write(kl), Access.Read(state)];
        if (device is CpuDevice cpu) ReparameterizeCpu.Forward(cpu, dtype, ref args, accesses);
        else ReparameterizeGpu.Forward((GpuDevice)device, dtype, ref args, accesses);
    }

    /// <summary>dmu = dz + dkl mu; dlogVar = dz eps exp(logVar / 2) / 2 + dkl (exp(logVar) - 1) / 2.</summary>
    /// <param name="dMuLogVar">[rows, 2 * columns], written.</param>
    /// <param name="state">The state of the forward call, with the offset it had then.</param>
    public static void Backward(
        Device device, DType dtype, BufferRange muLogVar, BufferRange dz, BufferRange dkl,
        BufferRange dMuLogVar, int rows, int columns, BufferRange state, uint stream)
    {
        long latents = Latents(rows, columns);
        if (rows == 0) return;
        muLogVar = muLogVar.First(Name, "muLogVar", dtype, 2 * latents);
        dz = dz.First(Name, "dz", dtype, latents);
        dkl = dkl.First(Name, "dkl", dtype, rows);
        dMuLogVar = dMuLogVar.First(Name, "dMuLogVar", dtype, 2 * latents);
        state = state.First(Name, "state", DType.Int64, RandomState.Words);
        var args = new ReparameterizeBackwardArgs
        {
            MuLogVar = muLogVar.Address,
            DZ = dz.Address,
            DKl = dkl.Address,
            DMuLogVar = dMuLogVar.Address,
            State = state.Address,
            Rows = rows,
            Columns = columns,
            Stream = stream,
        };
        Span<Access> accesses = [Access.Read(muLogVar), Access.Read(dz), Access.Read(dkl), Access.Write(dMuLogVar), Access.Read(state)];
        if (device is CpuDevice cpu) ReparameterizeCpu.Backward(cpu, dtype, ref args, accesses);
        else ReparameterizeGpu.Backward((GpuDevice)device, dtype, ref args, accesses);
    }

    private static long Latents(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        long latents = (long)rows * columns;
        Draws.CheckCount(latents);
        return latents;
    }
}

internal struct ReparameterizeForwardArgs
{
    public ulong MuLogVar;
    public ulong Z;
    public ulong Kl;
    public ulong State;
    public int Rows;
    public int Columns;
    public uint Stream;
}

internal struct ReparameterizeBackwardArgs
{
    public ulong MuLogVar;
    public ulong DZ;
    public ulong DKl;
    public ulong DMuLogVar;
    public ulong State;
    public int Rows;
    public int Columns;
    public uint Stream;
}
