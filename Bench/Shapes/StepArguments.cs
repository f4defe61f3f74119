using System.CommandLine;
using GenEngine.Bench.Compare;
using GenEngine.Text;

namespace GenEngine.Bench.Shapes;

/// <summary>The name of a training step and --batch, of the commands that take one.</summary>
internal sealed class StepArguments
{
    private readonly Argument<string> _name;
    private readonly Option<int> _batch = Options.Number("--batch", "Images or sequences a step; 0 takes the usual one.", 0, 0);

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
    }

    /// <summary>The step, and how many at a time.</summary>
    public (StepEntry Entry, int Batch) Get(Session session)
    {
        var entry = StepEntry.All.First(entry => entry.Name == session.Get(_name));
        return (entry, session.Get(_batch) is > 0 and var given ? given : entry.Batch);
    }
}
