using System.CommandLine;
using GenEngine.Bench.Compare;
using GenEngine.Text;

namespace GenEngine.Bench.Shapes;

/// <summary>Which training step, of the commands that take one.</summary>
/// <param name="Entry">Its name, and what it is.</param>
/// <param name="Batch">Images or sequences a step.</param>
/// <param name="StoresCompact">See <see cref="Context.StoresCompact"/>.</param>
internal sealed record StepChoice(StepEntry Entry, int Batch, bool StoresCompact)
{
    public StepJob Create(Kernels.Devices.Device device)
    {
        var job = Entry.Create(device, Batch);
        job.StoresCompact = StoresCompact;
        return job;
    }
}

/// <summary>The name of a training step, --batch and --float32-between, of the commands that take one.</summary>
internal sealed class StepArguments
{
    private readonly Argument<string> _name;
    private readonly Option<int> _batch = Options.Number("--batch", "Images or sequences a step; 0 takes the usual one.", 0, 0);

    private readonly Option<bool> _float32 = new("--float32-between") { Description = "In bf16: keep what lies between convolutions in float32, and round it for each." };

    /// <summary>Adds them to a command.</summary>
    public StepArguments(Command command, string description)
    {
        string[] names = [.. StepEntry.All.Select(entry => entry.Name)];
        _name = new Argument<string>("name") { Description = description };
        _name.CompletionSources.Add(names);
        _name.Validators.Add(result =>
        {
            if (!names.Contains(result.Tokens[0].Value)) result.AddError(NearestName.Unknown("step", result.Tokens[0].Value, names));
        });
        command.Arguments.Add(_name);
        command.Options.Add(_batch);
        command.Options.Add(_float32);
    }

    /// <summary>What was asked for.</summary>
    public StepChoice Get(Session session)
    {
        var entry = StepEntry.All.First(entry => entry.Name == session.Get(_name));
        return new StepChoice(entry, session.Get(_batch) is > 0 and var given ? given : entry.Batch, !session.Get(_float32));
    }
}
