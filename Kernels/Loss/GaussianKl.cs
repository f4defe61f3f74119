using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

/// <summary>
/// The divergence of N(mu, exp(logVar)) from N(0, 1) a row, in nats, with nothing sampled (Kingma and Welling 2014, appendix B).
/// muLogVar is [rows, 2 * columns], mu beside log variance. The same bits as the kl of <see cref="Sampling.Reparameterize"/>.
/// </summary>
public static class GaussianKl
{
    private const string Name = "gaussian_kl";

    /// <summary>kl[row] = 1/2 sum(mu^2 + exp(logVar) - 1 - logVar).</summary>
    /// <param name="dtype">float or double, of all tensors.</param>
    /// <param name="muLogVar">[rows, 2 * columns], read.</param>
    /// <param name="kl">[rows], written.</param>
    public static void Forward(Device device, DType dtype, BufferRange muLogVar, BufferRange kl, int rows, int columns)
    {
        long count = Rows.Count(rows, columns);
        if (rows == 0) return;
        muLogVar = muLogVar.First(Name, "muLogVar", dtype, 2 * count);
        kl = kl.First(Name, "kl", dtype, rows);
        var args = new GaussianKlForwardArgs { MuLogVar = muLogVar.Address, Kl = kl.Address, Rows = rows, Columns = columns };
        Span<Access> accesses = [Access.Read(muLogVar), Access.Write(kl)];
        if (device is CpuDevice cpu) GaussianKlCpu.Forward(cpu, dtype, ref args, accesses);
        else GaussianKlGpu.Forward((GpuDevice)device, dtype, ref args, accesses);
    }

    /// <summary>dmu = dkl mu; dlogVar = dkl (exp(logVar) - 1) / 2.</summary>
    /// <param name="dkl">[rows], read: the gradient of each row's divergence.</param>
    /// <param name="dMuLogVar">[rows, 2 * columns], written.</param>
    public static void Backward(Device device, DType dtype, BufferRange muLogVar, BufferRange dkl, BufferRange dMuLogVar, int rows, int columns)
    {
        long count = Rows.Count(rows, columns);
        if (rows == 0) return;
        muLogVar = muLogVar.First(Name, "muLogVar", dtype, 2 * count);
        dkl = dkl.First(Name, "dkl", dtype, rows);
        dMuLogVar = dMuLogVar.First(Name, "dMuLogVar", dtype, 2 * count);
        var args = new GaussianKlBackwardArgs
        {
            MuLogVar = muLogVar.Address,
            DKl = dkl.Address,
            DMuLogVar = dMuLogVar.Address,
            Rows = rows,
            Columns = columns,
        };
        Span<Access> accesses = [Access.Read(muLogVar), Access.Read(dkl), Access.Write(dMuLogVar)];
        if (device is CpuDevice cpu) GaussianKlCpu.Backward(cpu, dtype, ref args, accesses);
        else GaussianKlGpu.Backward((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct GaussianKlForwardArgs
{
    public ulong MuLogVar;
    public ulong Kl;
    public int Rows;
    public int Columns;
}

internal struct GaussianKlBackwardArgs
{
    public ulong MuLogVar;
    public ulong DKl;
    public ulong DMuLogVar;
    public int Rows;
    public int Columns;
}
