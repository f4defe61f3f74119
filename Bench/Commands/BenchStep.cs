using System.CommandLine;
using GenEngine.Bench.Compare;
using GenEngine.Bench.Shapes;
using GenEngine.Text;

namespace GenEngine.Bench.Commands;

/// <summary>bench step: a whole training step, of a network that the peers train too or of a model of the zoo, on any device, in this process.</summary>
internal static class BenchStep
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("step", "Time a captured training step (forward, backward, Adam) in this process: median, GFLOP/s of its products, share of the roof; and of several steps in one launch.")
        {
            Examples =
            [
                ("bench step step-dcgan", "both networks of a DCGAN"),
                ("bench step step-dcgan64-paper --device cuda --precision bf16", "on a GPU; the same name in Bench/Peers/pytorch/peer.py is its peer"),
                ("bench step step-vae --device cuda --unroll 16", "sixteen steps in one launch, beside sixteen launches in a row"),
                ("bench step step-wavenet --batch 1 --device simt", "fewer at a time"),
            ],
        };
        var names = StepEntry.All.Select(entry => entry.Name).ToList();
        var name = new Argument<string>("name") { Description = "One of " + string.Join(", ", StepEntry.All.Select(entry => $"{entry.Name} ({entry.Purpose}, batch {entry.Batch})")) + "." };
        name.CompletionSources.Add([.. StepEntry.All.Select(entry => entry.Name)]);
        name.Validators.Add(result =>
        {
            if (!names.Contains(result.Tokens[0].Value)) result.AddError(NearestName.Unknown("step", result.Tokens[0].Value, names));
        });
        var batch = Options.Number("--batch", "Images or sequences a step; 0 takes the usual one.", 0, 0);
        command.Arguments.Add(name);
        command.Options.Add(batch);
        var unroll = Options.Unroll();
        command.Options.Add(unroll);
        var bench = new ShapeBench(command);
        command.OnRun(session =>
        {
            var entry = StepEntry.All.First(entry => entry.Name == session.Get(name));
            return bench.Run(session, (device, real) => new StepShape(device, real, entry, session.Get(batch) is > 0 and var given ? given : entry.Batch, Options.Unrolled(session.Get(unroll))!.Value));
        });
        return command;
    }
}
