using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using GenEngine.Bench.Commands;
using GenEngine.Bench.Compare;
using GenEngine.Bench.Health;
using GenEngine.Bench.Proofs;
using GenEngine.Bench.Shapes;
using GenEngine.Data;
using GenEngine.Kernels;

namespace GenEngine.Bench;

/// <summary>JSON of the console's results; the shapes are compiled in (<see cref="ConsoleJson"/>), so that no reflection runs.</summary>
internal static class Json
{
    public static void Write<T>(TextWriter output, JsonTypeInfo<T> shape, T value) => output.WriteLine(JsonSerializer.Serialize(value, shape));

    /// <summary>To the file of --json FILE, or to standard output when the name is empty.</summary>
    public static void Write<T>(Session session, string path, JsonTypeInfo<T> shape, T value)
    {
        if (path.Length == 0) Write(session.Out, shape, value);
        else OutputPath.WriteFile(path, JsonSerializer.Serialize(value, shape) + "\n");
    }

    /// <summary>What a file holds.</summary>
    /// <param name="take">Makes the result of it; an <see cref="ArgumentException"/> means that the file is wrong.</param>
    /// <param name="what">What is read, before the file's name: "the file".</param>
    /// <param name="hint">How to come by such a file: a sentence.</param>
    /// <exception cref="EngineException">It cannot be read, or holds something else.</exception>
    public static TResult Read<T, TResult>(string path, JsonTypeInfo<T> shape, Func<T, TResult> take, string what, string hint)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return take(JsonSerializer.Deserialize(stream, shape) ?? throw new JsonException("it is empty"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw new EngineException($"Cannot read {what} '{path}': {exception.Message} {hint}", exception);
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(DeviceInfo[]))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(IReadOnlyList<DataSetStatus>))]
[JsonSerializable(typeof(DataReport))]
[JsonSerializable(typeof(SequenceReport))]
[JsonSerializable(typeof(List<Comparison>))]
[JsonSerializable(typeof(List<ExchangedWeights>))]
[JsonSerializable(typeof(List<KernelLine>))]
[JsonSerializable(typeof(List<CompiledLine>))]
[JsonSerializable(typeof(EvidenceReport))]
[JsonSerializable(typeof(EvidenceFile))]
[JsonSerializable(typeof(List<PeerRow>))]
[JsonSerializable(typeof(Dictionary<string, double>))]
[JsonSerializable(typeof(List<ModelInfo>))]
[JsonSerializable(typeof(TrainResult))]
[JsonSerializable(typeof(List<RunLine>))]
[JsonSerializable(typeof(List<LedgerRow>))]
[JsonSerializable(typeof(RunScores))]
[JsonSerializable(typeof(List<VersusLine>))]
[JsonSerializable(typeof(List<AugmentLine>))]
[JsonSerializable(typeof(IReadOnlyList<EvaluationResult>))]
[JsonSerializable(typeof(ShapeResult))]
[JsonSerializable(typeof(List<LadderLine>))]
[JsonSerializable(typeof(StepFloorReport))]
internal sealed partial class ConsoleJson : JsonSerializerContext;
