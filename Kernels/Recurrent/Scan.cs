using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Recurrent;

/// <summary>
/// The recurrent part of the Row LSTM and the Diagonal LSTM (van den Oord et al., Pixel Recurrent Neural Networks, 2016, sections 3.1 and 3.2, eq. 3) as one
/// kernel a pass. The input-to-state part, bias included, comes as gates [N, H, W, 4h]; channels are [o | f | i | g], h of each. Of a cell, by the summation law:
/// <list type="number">
/// <item>s = one chain of fused multiply-adds over the state-to-state taps in the filter's order, channels of h ascending, from +0; state outside the image is +0
/// and takes part. The taps: of a row scan columns j - k/2 to j + k/2 of row i - 1; of a diagonal one (i - 1, j), then (i, j - 1) (reversed: (i, j + 1)).</item>
/// <item>p = s + gates, each of the four.</item>
/// <item>o, f, i = sigmoid(p), g = tanh(p), c = fma(f, c before, i * g), h = o * tanh(c); c before is that of <see cref="ScanKind"/>, +0 outside.</item>
/// </list>
/// Backward keeps the activations o, f, i, g and c: made again from the gates they would cost the products once more, a third of the whole.
/// dh = dy + s', where s' is one such chain over the adjoint: taps in the filter's order, gradients of p by ascending gate channel.
/// </summary>
public static class Scan
{
    private const string Name = "scan";

    /// <summary>Elements of the scratch that <see cref="Forward"/> wants on a GPU: the filter, turned around.</summary>
    public static long ScratchCount(in ScanShape shape) => shape.FilterCount;

    /// <param name="dtype">Float32 or Float64, of all.</param>
    /// <param name="gates">[N, H, W, 4h], read.</param>
    /// <param name="filter">[4h, taps, h], read.</param>
    /// <param name="hidden">h, [N, H, W, h], written.</param>
    /// <param name="cell">c, [N, H, W, h], written.</param>
    /// <param name="acts">o, f, i, g as [N, H, W, 4h], written, for <see cref="Backward"/>; or null.</param>
    /// <param name="scratch"><see cref="ScratchCount"/> elements, overwritten on a GPU.</param>
    /// <exception cref="EngineException">An impossible shape, an element type that is not floating point, or a range that is too short.</exception>
    public static void Forward(
        Device device, DType dtype, in ScanShape shape, BufferRange gates, BufferRange filter, BufferRange hidden, BufferRange cell, BufferRange? acts, BufferRange scratch)
    {
        shape.Check(Name);
        gates = gates.First(Name, "gates", dtype, shape.GateCount);
        filter = filter.First(Name, "filter", dtype, shape.FilterCount);
        hidden = hidden.First(Name, "hidden", dtype, shape.StateCount);
        cell = cell.First(Name, "cell", dtype, shape.StateCount);
        acts = acts?.First(Name, "acts", dtype, shape.GateCount);
        scratch = scratch.First(Name, "scratch", dtype, ScratchCount(shape));
        var args = shape.Arguments();
        args.X = gates.Address;
        args.W = filter.Address;
        args.Y = hidden.Address;
        args.Cell = cell.Address;
        args.Acts = acts?.Address ?? 0;
        args.Scratch = scratch.Address;
        args.Save = acts is null ? 0 : 1;
        if (device is not CpuDevice cpu)
        {
            ScanGpu.Forward((GpuDevice)device, dtype, ref args, gates, filter, hidden, cell, acts, scratch);
            return;
        }

        Span<Access> accesses = [Access.Read(gates), Access.Read(filter), Access.Write(hidden), Access.Write(cell), Access.Write(acts ?? default)];
        if (acts is null) accesses = accesses[..4];
        cpu.Launch<ScanCpu<ScanForward>, ScanArgs>(Name, dtype, ref args, accesses);
    }

    /// <summary>The gradient of the gates; that of the filter is a convolution's over h and this.</summary>
    /// <param name="dHidden">[N, H, W, h], read.</param>
    /// <param name="filter">[4h, taps, h], read.</param>
    /// <param name="cell">As <see cref="Forward"/> left it, read.</param>
    /// <param name="acts">As <see cref="Forward"/> left them, read.</param>
    /// <param name="dGates">[N, H, W, 4h], written.</param>
    /// <param name="carry"><see cref="ScanShape.CarryCount"/> elements, overwritten on a GPU.</param>
    /// <exception cref="EngineException">An impossible shape, an element type that is not floating point, or a range that is too short.</exception>
    public static void Backward(
        Device device, DType dtype, in ScanShape shape, BufferRange dHidden, BufferRange filter, BufferRange cell, BufferRange acts, BufferRange dGates, BufferRange carry)
    {
        shape.Check(Name);
        dHidden = dHidden.First(Name, "dHidden", dtype, shape.StateCount);
        filter = filter.First(Name, "filter", dtype, shape.FilterCount);
        cell = cell.First(Name, "cell", dtype, shape.StateCount);
        acts = acts.First(Name, "acts", dtype, shape.GateCount);
        dGates = dGates.First(Name, "dGates", dtype, shape.GateCount);
        carry = carry.First(Name, "carry", dtype, shape.CarryCount);
        var args = shape.Arguments();
        args.X = dHidden.Address;
        args.W = filter.Address;
        args.Y = dGates.Address;
        args.Cell = cell.Address;
        args.Acts = acts.Address;
        args.Scratch = carry.Address;
        args.Save = 1;
        if (device is not CpuDevice cpu)
        {
            ScanGpu.Backward((GpuDevice)device, dtype, ref args, dHidden, filter, cell, acts, dGates, carry);
            return;
        }

        ReadOnlySpan<Access> accesses = [Access.Read(dHidden), Access.Read(filter), Access.Read(cell), Access.Read(acts), Access.Write(dGates)];
        cpu.Launch<ScanCpu<ScanBackward>, ScanArgs>("scan_backward", dtype, ref args, accesses);
    }
}
