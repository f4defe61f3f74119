using System.Text.Json;
using GenEngine.Export;
using GenEngine.Export.Onnx;
using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Models;

/// <summary>
/// Trained models as ONNX files, a feed-forward part a file: encoders, decoders, generators, discriminators, classifiers, and the pixel models' and WaveNet's networks up to their logits. What a part takes and
/// gives is told by its ports; the number of examples is free, images are [N, C, H, W].
/// </summary>
public static class OnnxExport
{
    /// <summary>The parts of a model.</summary>
    /// <exception cref="EngineException">It has none that is feed-forward; says which models have.</exception>
    public static IReadOnlyList<NetworkPart> Parts(IModel model) => (model as IExportable)?.NetworkParts ?? throw new EngineException(
        $"'{model.Name}' is recurrent: each row of its image waits for the one before it, which no graph of feed-forward operators can say. pixelcnn and gated-pixelcnn are models of the same kind that can be exported.");

    /// <summary>Writes one part; outside any step.</summary>
    /// <param name="path">Made or replaced as a whole.</param>
    /// <param name="model">Trained; in training mode afterwards.</param>
    /// <param name="part">A name of <see cref="Parts"/>.</param>
    /// <param name="metadata">What else the file is to say: the data, the hash of the weights, names of classes.</param>
    /// <exception cref="EngineException">No such part, or the file cannot be written.</exception>
    public static void Write(string path, IModel model, string part, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var parts = Parts(model);
        var chosen = parts.FirstOrDefault(other => other.Name == part) ?? throw new EngineException(NearestName.Unknown("part", part, [.. parts.Select(other => other.Name)]));
        model.SetTraining(false);
        try
        {
            OnnxWriter.Write(path, model.Context, chosen, With(metadata, model.Name));
        }
        finally
        {
            model.SetTraining(true);
        }
    }

    /// <summary>Writes a judge: images to its features and the classes' logits.</summary>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    public static void Write(string path, Judge judge, IReadOnlyDictionary<string, string>? metadata = null) =>
        OnnxWriter.Write(path, judge.Context, judge.Classifier, With(metadata, "judge"));

    /// <summary>Names of classes, in the order of their numbers, as one value of the metadata: a JSON array.</summary>
    public static string Names(IReadOnlyList<string> names) => JsonSerializer.Serialize(names);

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string>? metadata, string model) => new(metadata ?? new Dictionary<string, string>()) { ["model"] = model };
}
