using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>
/// One class a row, drawn from softmax(logits) by its inverse distribution function: the first class whose cumulative weight, summed in order,
/// exceeds u times the sum of all. Row i takes number i of the stream. A row with a NaN gives the last class.
/// </summary>
public static class CategoricalSample
{
    private const string Name = "categorical_sample";

    /// <param name="dtype">float or double, of the logits.</param>
    /// <param name="logits">[rows, classes], read.</param>
    /// <param name="labels">int32 [rows], written.</param>
    /// <param name="state">A <see cref="RandomState"/>, read.</param>
    /// <param name="stream">Which of the state's streams.</param>
    /// <exception cref="EngineException">No class at all, or a range that is too short.</exception>
    public static void Run(Device device, DType dtype, BufferRange logits, BufferRange labels, int rows, int classes, BufferRange state, uint stream)
    {
        if (classes <= 0) throw new EngineException($"{Name}: at least one class, not {classes}.");
        Draws.CheckCount(rows);
        if (rows == 0) return;
        logits = logits.First(Name, "logits", dtype, (long)rows * classes);
        labels = labels.First(Name, "labels", DType.Int32, rows);
        state = state.First(Name, "state", DType.Int64, RandomState.Words);
        var args = new CategoricalSampleArgs
        {
            Logits = logits.Address,
            Labels = labels.Address,
            State = state.Address,
            Rows = rows,
            Classes = classes,
            Stream = stream,
        };
        Span<Access> accesses = [Access.Read(logits), Access.Write(labels), Access.Read(state)];
        if (device is CpuDevice cpu) CategoricalSampleCpu.Launch(cpu, dtype, ref args, accesses);
        else CategoricalSampleGpu.Launch((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct CategoricalSampleArgs
{
    public ulong Logits;
    public ulong Labels;
    public ulong State;
    public int Rows;
    public int Classes;
    public uint Stream;
}
