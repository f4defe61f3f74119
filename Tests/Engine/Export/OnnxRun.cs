using Microsoft.ML.OnnxRuntime;

namespace GenEngine.Tests.Export;

/// <summary>ONNX Runtime on one thread, as its users have it otherwise.</summary>
internal sealed class OnnxRun : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxRun(byte[] model)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(model, options);
    }

    public ModelMetadata Metadata => _session.ModelMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    /// <param name="inputs">float[] or long[] by name.</param>
    /// <returns>Extents and values by name.</returns>
    public Dictionary<string, (long[] Extents, float[] Values)> Of(IEnumerable<(string Name, long[] Extents, Array Values)> inputs)
    {
        var given = inputs.ToList();
        var tensors = given.ConvertAll(input => input.Values is float[] floats
            ? OrtValue.CreateTensorValueFromMemory(floats, input.Extents)
            : OrtValue.CreateTensorValueFromMemory((long[])input.Values, input.Extents));
        try
        {
            using var options = new RunOptions();
            using var results = _session.Run(options, given.ConvertAll(input => input.Name), tensors, _session.OutputNames);
            return _session.OutputNames.Zip(results).ToDictionary(pair => pair.First, pair => (pair.Second.GetTensorTypeAndShape().Shape, pair.Second.GetTensorDataAsSpan<float>().ToArray()));
        }
        finally
        {
            tensors.ForEach(tensor => tensor.Dispose());
        }
    }

    public void Dispose() => _session.Dispose();
}
