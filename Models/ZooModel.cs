using GenEngine.Kernels;
using GenEngine.Kernels.Optimizer;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>What all models of the zoo share: their description, their options with every default filled in, their networks and optimisers.</summary>
public abstract class ZooModel : IModel
{
    private readonly List<ParameterGroup> _groups = [];
    private readonly List<Layer> _networks = [];

    /// <param name="description">The model's own.</param>
    /// <param name="context">Where it lives.</param>
    /// <param name="data">What it is for.</param>
    /// <param name="options">As the user gave them; defaults are filled in.</param>
    protected ZooModel(ModelDescription description, Context context, DataShape data, ModelOptions options)
    {
        description.CheckData(data);
        Description = description;
        Context = context;
        Data = data;
        Options = description.Resolve(options, data);
    }

    public ModelDescription Description { get; }

    public string Name => Description.Name;

    public Context Context { get; }

    public DataShape Data { get; }

    /// <summary>The choices it was built with, none of them left open.</summary>
    public ModelOptions Options { get; }

    /// <summary>True when what it makes depends on a class.</summary>
    public virtual bool IsConditional => Description.NeedsClasses;

    /// <summary>Dimensions of the code that images are made of; 0 for a model without codes.</summary>
    public virtual int Latent => 0;

    /// <summary>Codes drawn from what the model takes codes to be distributed like: [count, latent].</summary>
    public virtual Tensor SampleCodes(int count) => Context.RandomNormal(new Shape(count, Latent));

    public IReadOnlyList<ParameterGroup> Groups => _groups;

    public abstract IReadOnlyList<Phase> Phases { get; }

    public abstract IReadOnlyList<string> LossNames { get; }

    public abstract string LossUnit { get; }

    public virtual IReadOnlyList<string> RowLossNames => [];

    public abstract IReadOnlyList<Tensor> TrainStep(Batch batch);

    public virtual IReadOnlyList<Tensor> RowLosses(Batch batch) => [];

    public virtual void SetTraining(bool training)
    {
        foreach (var network in _networks) network.SetTraining(training);
    }

    /// <summary>The classes of a batch as rows with a one; null for an unconditional model.</summary>
    public Tensor? Classes(Batch batch) => IsConditional ? batch.Labels!.OneHot(Data.Classes) : null;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the model holds on the device.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (var group in _groups) group.Dispose();
    }

    /// <summary>A network's parameters; built when its layers are declared.</summary>
    protected ParameterGroup NewGroup(string name)
    {
        var group = new ParameterGroup(Context, name);
        _groups.Add(group);
        return group;
    }

    /// <summary>Keeps a network, so that it follows <see cref="SetTraining"/>.</summary>
    protected T Add<T>(T network) where T : Layer
    {
        _networks.Add(network);
        return network;
    }

    /// <summary>Adam with the run's schedule.</summary>
    /// <param name="rate">Default: the option's.</param>
    protected Adam Adam(ParameterGroup group, double beta1 = 0.9, double? rate = null)
    {
        double start = rate ?? Options.LearningRate!.Value;
        var schedule = Options.Schedule switch
        {
            "cosine" => LearningRateSchedule.Cosine(start, Math.Max(1, Options.Steps)),
            null or "constant" => LearningRateSchedule.Constant(start),
            _ => throw new EngineException($"--schedule '{Options.Schedule}' is none; it is constant or cosine."),
        };
        return new Adam(group, schedule, new AdamOptions { Beta1 = beta1 });
    }
}
