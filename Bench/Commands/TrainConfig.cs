using System.Text.Json.Nodes;
using GenEngine.Bench.Configuration;
using GenEngine.Data;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>train MODEL --print-config: every option with the value that the run would have.</summary>
internal static class TrainConfig
{
    private static readonly string[] s_ofImages = ["size", "channels", "flip", "binarize"], s_ofSequences = ["window", "clips", "sample-rate", "trim"];

    public static int Print(Session session, TrainOptions options, TrainSettings settings, ModelDescription entry)
    {
        // the data is looked at, since defaults depend on its shape
        var filled = new JsonObject { ["data"] = settings.Data, ["batch"] = settings.Batch, ["epochs"] = settings.Epochs ?? (settings.Steps is null && settings.Minutes is null ? TrainSettings.StandardEpochs : null) };
        DataShape shape;
        if (entry.NeedsSequences)
        {
            shape = DataShape.Of(SequenceSets.Load(settings.Data, "train", settings.Sequences.Source), settings.Sequences.Window);
            filled["clips"] = TrainSequences.Clips(settings);
        }
        else
        {
            var images = Train.LoadFew(settings);
            shape = DataShape.Of(images);
            entry.CheckData(shape);
            filled["binarize"] = (settings with { Binarization = Train.Binarized(session, settings, entry, images) }).Binarize;
        }

        var all = ConfigPrinter.Options(entry.Resolve(settings.Model, shape), nulls: true);
        string[] notTaken = [.. all.Where(option => option.Value is null).Select(option => option.Key)];
        foreach (var (name, value) in all) filled[name] = value?.DeepClone();
        session.Out.WriteLine(ConfigPrinter.Print(session, entry.Name, options.InFile, filled, [.. notTaken, .. entry.NeedsSequences ? s_ofImages : s_ofSequences]));
        return ExitCode.Done;
    }
}
