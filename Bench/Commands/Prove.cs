using System.CommandLine;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Plots;

namespace GenEngine.Bench.Commands;

/// <summary>prove MODEL: the proof card of an autoregressive model.</summary>
internal static class Prove
{
    public static ConsoleCommand Create()
    {
        string[] models = [.. Zoo.Descriptions.Where(model => model.Defaults[0].Layers is not null).Select(model => model.Name)];
        var command = new ConsoleCommand("prove")
        {
            Examples = [("prove gated-pixelcnn", "the card, and a picture of what a pixel sees"), ("prove row-lstm --device simt", "by the CUDA kernels under the emulator")],
        };
        var name = new Argument<string>("model") { Description = $"One of {string.Join(", ", models)}." };
        name.CompletionSources.Add([.. models]);
        name.Validators.Add(result =>
        {
            if (!models.Contains(result.Tokens[0].Value)) result.AddError(Text.NearestName.Unknown("autoregressive model", result.Tokens[0].Value, models));
        });
        var output = Options.Out("PNG file of the field of view; field-<model>.png when not given.");
        command.Arguments.Add(name);
        command.Options.Add(output);
        var device = new DeviceOptions(command);
        command.OnRun(session =>
        {
            var model = Zoo.Find(session.Get(name)!);
            using var opened = device.Open(session);
            bool holds = true;
            void Tell(ProofLine line)
            {
                holds &= line.Holds;
                session.Out.WriteLine($"{(line.Holds ? "holds" : "FAILS")}  {line.Claim}: {line.Found}");
            }

            foreach (var line in model.NeedsSequences ? SequenceProof.Card(model, opened) : PixelProof.Card(model, opened))
            {
                session.Stop.ThrowIfCancellationRequested();
                Tell(line);
            }

            var (claimed, measured) = model.NeedsSequences ? SequenceProof.Field(model, opened) : PixelProof.Field(model, opened);
            int differ = BlindSpotPicture.Differences(claimed, measured);
            Tell(new ProofLine($"a {(model.NeedsSequences ? "code" : "pixel")} sees what the paper says", differ == 0, $"{Enumerable.Range(0, measured.Influence.Length).Count(measured.Matters)} {(model.NeedsSequences ? "codes" : "pixels")} matter, {differ} against the claim"));
            string path = session.Get(output) ?? $"field-{model.Name}.png";
            new Provenance(session).On(opened).WritePng(path, BlindSpotPicture.Draw(claimed, measured, model.Name));
            session.Out.WriteLine(path);
            if (!holds) throw new EngineException($"'{model.Name}' does not hold what is claimed of it; see the lines above.");
            return ExitCode.Done;
        });
        return command;
    }
}
