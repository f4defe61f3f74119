using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Runs;

/// <summary>
/// Weights in PyTorch's layouts and by the names of its state_dict, as safetensors: what is exported loads there, strictly, into modules of the same names, and gives the same outputs on NCHW images;
/// and back. <see cref="WeightFile"/> is how this engine keeps them for itself.
/// </summary>
/// <remarks>
/// A name is group.module.parameter: the group is a module that holds a network's layers, such as vae or generator; a module may have modules of its own (encoder.conv1.norm is the batch norm behind
/// encoder.conv1); parameters are weight and bias, of a batch norm also running_mean, running_var and num_batches_tracked (I64, written as 0: nothing here counts batches, and with a fixed momentum
/// nothing there does; read by nobody). What else is saved with a network, such as a fitted prior, travels under its own name as a buffer.
/// <code>
///                                    here                        PyTorch
/// convolution                        [out, R, S, in]             [out, in, R, S]
/// transposed convolution             [in, R, S, out]             [in, out, R, S]
/// dense layer behind a flatten       columns H, W, C             columns C, H, W
/// dense layer in front of an image   rows, bias H, W, C          rows, bias C, H, W; so is a batch norm over that width
/// weight norm                        weight_v, weight_g [out]    weight_v, weight_g [out, 1, ..]
/// a value for each position          [H * W * C]                 [C, H, W]
/// LSTM over images                   input, state: as filters    as filters; gates o, f, i, g
/// everything else                    the same                    the same
/// </code>
/// The pixels that a dense network reads and makes are such images; what follows them (a class) stays behind them. A learned map a class [classes, H * W] has one channel and is the same in both: there
/// an Embedding, seen as [n, 1, H, W]. Filters of masked convolutions travel whole: their masked taps hold what they hold, are never read here, and have to be masked there, as PixelCNNs in PyTorch do.
/// </remarks>
public static class PyTorchWeights
{
    private const string Mean = ".running_mean", Counter = ".num_batches_tracked";

    /// <summary>Writes all weights and state, atomically: as F32, or F64 where the context computes in float64.</summary>
    /// <param name="path">The file, commonly *.safetensors.</param>
    /// <param name="groups">The networks.</param>
    /// <param name="metadata">Notes to keep in the file beside "format": "pt", which loaders of PyTorch ask for.</param>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    public static void Export(string path, IReadOnlyList<ParameterGroup> groups, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var tensors = new List<SafeTensor>();
        foreach (var entry in Entries(groups))
        {
            double[] there = entry.Layout.ToPyTorch<double>(entry.Tensor.ToDoubles());
            tensors.Add(entry.Tensor.DType == DType.Float64
                ? SafeTensor.Of<double>(entry.Name, there, [.. entry.Layout.PyTorchShape])
                : SafeTensor.Of<float>(entry.Name, Array.ConvertAll(there, value => (float)value), [.. entry.Layout.PyTorchShape]));
            if (entry.Counter is { } counter) tensors.Add(SafeTensor.Of<long>(counter, new long[1]));
        }

        SafeTensors.Write(path, tensors, new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { ["format"] = "pt" });
    }

    /// <summary>As <see cref="Export(string, IReadOnlyList{ParameterGroup}, IReadOnlyDictionary{string, string})"/>, of a whole model; its name is noted as "model".</summary>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    public static void Export(string path, IModel model) => Export(path, model.Groups, new Dictionary<string, string> { ["model"] = model.Name });

    /// <summary>Reads weights in PyTorch's layout, F32, F64, F16 or BF16, into groups of the same names. Nothing is changed unless all of it fits.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="groups">The networks, built.</param>
    /// <param name="ignoreOthers">Pass over tensors that the networks do not have.</param>
    /// <exception cref="EngineException">
    /// A tensor is missing (only a num_batches_tracked may be), has another shape (both are named as PyTorch has them) or no floating-point type, or the file has others besides; or it is a
    /// <see cref="WeightFile"/>.
    /// </exception>
    public static void Import(string path, IReadOnlyList<ParameterGroup> groups, bool ignoreOthers = false)
    {
        using var file = SafeTensorsReader.Open(path, mapped: false); // PyTorch's writers overwrite in place
        if (file.Metadata.TryGetValue(WeightFile.LayoutKey, out string? layout) && layout == WeightFile.OwnLayout)
            throw new EngineException($"'{path}' is of a run of this engine, whose layouts are not PyTorch's: it is used where it lies, by --run.");
        Entry[] entries = [.. Entries(groups)];
        foreach (var entry in entries) Check(path, file, entry);
        if (!ignoreOthers) RefuseOthers(path, file, entries);
        foreach (var entry in entries)
            entry.Tensor.Context.UploadReal(entry.Layout.FromPyTorch<double>(file.ReadAsDouble(entry.Name)), entry.Tensor.Range);
    }

    /// <summary>As <see cref="Import(string, IReadOnlyList{ParameterGroup}, bool)"/>, of a whole model.</summary>
    /// <exception cref="EngineException">The file is not one of this model's weights.</exception>
    public static void Import(string path, IModel model, bool ignoreOthers = false) => Import(path, model.Groups, ignoreOthers);

    private static IEnumerable<Entry> Entries(IReadOnlyList<ParameterGroup> groups) =>
        from @group in groups
        from named in @group.NamedWithState()
        let full = $"{@group.Name}.{named.Name}"
        select new Entry(full, named.Tensor, @group.LayoutOf(named.Name, named.Tensor.Shape), full.EndsWith(Mean, StringComparison.Ordinal) ? full[..^Mean.Length] + Counter : null);

    private static void Check(string path, SafeTensorsReader file, Entry entry)
    {
        if (!file.Contains(entry.Name))
        {
            throw new EngineException(
                $"'{path}' has no tensor '{entry.Name}' {Text(entry.Layout.PyTorchShape)}; was it written by another model, or by one of other options? It has {List(file.Tensors.Select(tensor => tensor.Name))}.");
        }

        var info = file[entry.Name];
        if (!info.Shape.SequenceEqual(entry.Layout.PyTorchShape))
        {
            string way = info.Shape.SequenceEqual(entry.Tensor.Shape.ToArray()) ? "That is how this engine keeps it: such a file need not be imported." : "Use the options that it was trained with.";
            throw new EngineException($"'{path}': '{entry.Name}' has shape {Text(info.Shape)}, the model wants {Text(entry.Layout.PyTorchShape)} (as PyTorch lays it out). {way}");
        }

        if (info.DType is not (DType.Float32 or DType.Float64 or DType.Float16 or DType.BFloat16))
            throw new EngineException($"'{path}': '{entry.Name}' holds {info.DType}; weights are F32, F64, F16 or BF16.");
    }

    private static void RefuseOthers(string path, SafeTensorsReader file, Entry[] entries)
    {
        var known = entries.Select(entry => entry.Name).Concat(entries.Select(entry => entry.Counter).OfType<string>()).ToHashSet(StringComparer.Ordinal);
        string[] others = [.. file.Tensors.Select(tensor => tensor.Name).Where(name => !known.Contains(name))];
        if (others.Length > 0) throw new EngineException($"'{path}' has {(others.Length == 1 ? "a tensor" : $"{others.Length} tensors")} that the model does not: {List(others)}. Was it written by another model, or by one of other options?");
    }

    /// <summary>A few names, as a message can hold them.</summary>
    private static string List(IEnumerable<string> names)
    {
        const int Shown = 8;
        string[] all = [.. names];
        return all.Length == 0 ? "none" : all.Length <= Shown ? string.Join(", ", all) : $"{string.Join(", ", all.Take(Shown))} and {all.Length - Shown} more";
    }

    private static string Text(IReadOnlyList<int> shape) => $"[{string.Join(", ", shape)}]";

    /// <param name="Name">As in the file.</param>
    /// <param name="Tensor">Where it lives.</param>
    /// <param name="Layout">How it lies in the file.</param>
    /// <param name="Counter">Of a batch norm's mean: the name of the counter beside it.</param>
    private sealed record Entry(string Name, Tensor Tensor, ParameterLayout Layout, string? Counter);
}
