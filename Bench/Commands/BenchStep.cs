using System.CommandLine;
using GenEngine.Bench.Compare;
using GenEngine.Bench.Shapes;

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
        var step = new StepArguments(command, "One of " + string.Join(", ", StepEntry.All.Select(entry => $"{entry.Name} ({entry.Purpose}, batch {entry.Batch})")) + ".");
        var unroll = Options.Unroll();
        command.Options.Add(unroll);
        var bench = new ShapeBench(command);
        command.OnRun(session =>
        {
            var choice = step.Get(session);
            return bench.Run(session, (device, real) => new StepShape(device, real, choice, Options.Unrolled(session.Get(unroll))!.Value));
        });
        return command;
    }
}
