using System.Text.Json;
using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Runs;

/// <summary>
/// Weights of parameter groups as safetensors, and the state that goes with them (running statistics); a tensor is named group.parameter, linear weights
/// are [out, in] as in PyTorch, images and filters as this engine has them; see <see cref="PyTorchWeights"/>.
/// </summary>
public static class WeightFile
{
    internal const string LayoutKey = "layout", OwnLayout = "nhwc";

    private const string ConfigKey = "run";

    /// <summary>Writes all weights and state as float32, atomically, with the run's configuration in the file's metadata: the file alone says what model to build.</summary>
    public static void Save(string path, IReadOnlyList<ParameterGroup> groups, RunConfig config) =>
        Save(path, groups, new Dictionary<string, string> { [ConfigKey] = JsonSerializer.Serialize(config, RunsJson.Default.RunConfig) });

    /// <summary>The configuration of the run that the file is of; null when it does not say.</summary>
    /// <exception cref="EngineException">No safetensors file, a damaged configuration, or one of a newer format.</exception>
    public static RunConfig? ReadConfig(string path)
    {
        using var file = SafeTensorsReader.Open(path);
        if (!file.Metadata.TryGetValue(ConfigKey, out string? json)) return null;
        try
        {
            return RunConfig.Parse(path, json);
        }
        catch (JsonException e)
        {
            throw new EngineException($"'{path}': its '{ConfigKey}' is damaged: {e.Message}", e);
        }
    }

    /// <summary>Writes all weights and state as float32, atomically; a note beside the given ones says that the layouts are this engine's.</summary>
    public static void Save(string path, IReadOnlyList<ParameterGroup> groups, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var tensors = new List<SafeTensor>();
        foreach (var group in groups)
        {
            foreach (var (name, tensor) in group.NamedWithState())
            {
                float[] values = Array.ConvertAll(tensor.ToDoubles(), value => (float)value);
                tensors.Add(SafeTensor.Of<float>($"{group.Name}.{name}", values, tensor.Shape.ToArray()));
            }
        }

        SafeTensors.Write(path, tensors, new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { [LayoutKey] = OwnLayout });
    }

    /// <summary>Reads weights into groups of the same names and shapes.</summary>
    /// <exception cref="EngineException">A tensor is missing or has another shape: names it and both shapes.</exception>
    public static void Load(string path, IReadOnlyList<ParameterGroup> groups)
    {
        using var file = SafeTensorsReader.Open(path);
        foreach (var group in groups)
        {
            foreach (var (name, tensor) in group.NamedWithState())
            {
                string full = $"{group.Name}.{name}";
                if (!file.Contains(full)) throw new EngineException($"'{path}' has no tensor '{full}'; was it written by another model?");
                var shape = file[full].Shape;
                if (!shape.SequenceEqual(tensor.Shape.ToArray()))
                    throw new EngineException($"'{path}': '{full}' has shape [{string.Join(", ", shape)}], the model wants {tensor.Shape}. Use the options the run was trained with.");
                group.Context.UploadReal(file.ReadAsDouble(full), tensor.Range);
            }
        }
    }
}
