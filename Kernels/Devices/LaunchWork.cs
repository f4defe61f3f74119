namespace GenEngine.Kernels.Devices;

/// <summary>What a launch has to do, as far as its argument block and its declarations say.</summary>
/// <param name="BytesRead">Of what is read or updated.</param>
/// <param name="BytesWritten">Of what is written or updated.</param>
/// <param name="Flops">Floating-point operations where the argument block says so (<see cref="IArithmetic"/>), else 0.</param>
public readonly record struct LaunchWork(long BytesRead, long BytesWritten, double Flops)
{
    /// <param name="block">The argument block as <see cref="ArgumentBlock.Box"/> makes it.</param>
    /// <param name="accesses">What the launch declares, in its own order.</param>
    public static LaunchWork Of(object block, ReadOnlySpan<Access> accesses)
    {
        double read = 0, written = 0;
        for (int i = 0; i < accesses.Length; i++)
        {
            double bytes = accesses[i].Range.Bytes * ((block as IStrided)?.Touched(i) ?? 1);
            if (accesses[i].Mode != AccessMode.Write) read += bytes;
            if (accesses[i].Mode != AccessMode.Read) written += bytes;
        }

        return new LaunchWork((long)Math.Round(read), (long)Math.Round(written), (block as IArithmetic)?.Flops ?? 0);
    }
}
