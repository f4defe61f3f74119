using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;

namespace GenEngine.Tests.Kernels.Optimizer;

/// <summary>A small arena under an optimiser: weights, gradients that change from step to step, two moments, a state.</summary>
internal sealed class OptimizerCase : IDisposable
{
    private readonly Random _random = new(17);
    private readonly DType _dtype;

    /// <param name="skip">Elements before the weights and the first moment, to shift them off their alignment.</param>
    public OptimizerCase(Device device, DType dtype, int count, int skip = 0)
    {
        Device = device;
        _dtype = dtype;
        Count = count;
        InitialWeights = DeviceArray.Round(dtype, Normals());
        Weights = new DeviceArray(device, dtype, InitialWeights, skip);
        Gradients = new DeviceArray(device, dtype, new double[count]);
        First = new DeviceArray(device, dtype, new double[count], skip);
        Second = new DeviceArray(device, dtype, new double[count]);
        State = device.Allocate(OptimizerState.Bytes, "state");
        SetState(OptimizerState.Initial);
    }

    public Device Device { get; }

    public int Count { get; }

    public double[] InitialWeights { get; }

    public DeviceArray Weights { get; }

    public DeviceArray Gradients { get; }

    public DeviceArray First { get; }

    public DeviceArray Second { get; }

    public DeviceBuffer State { get; }

    /// <summary>Gradients of magnitudes from 1e-5 to 1e2, rounded to the element type; also uploads them.</summary>
    public double[] NextGradients()
    {
        double[] gradients = DeviceArray.Round(_dtype, Normals().Select(v => v * Math.Pow(10, (_random.NextDouble() * 7) - 5)));
        Gradients.Write(gradients);
        return gradients;
    }

    public OptimizerState GetState()
    {
        var state = new OptimizerState[1];
        Device.Download<OptimizerState>(State.All, state);
        return state[0];
    }

    public void SetState(OptimizerState state) => Device.Upload<OptimizerState>([state], State.All);

    public void Dispose()
    {
        Weights.Dispose();
        Gradients.Dispose();
        First.Dispose();
        Second.Dispose();
        State.Dispose();
    }

    private IEnumerable<double> Normals()
    {
        for (int i = 0; i < Count; i++)
            yield return Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
    }
}
