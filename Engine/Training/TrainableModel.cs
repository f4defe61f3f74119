namespace GenEngine;

/// <summary>
/// A model's common part, for models of your own: declare networks in groups, say its phases, and <see cref="Trainer"/>, checkpoints, weight files and gradient checks know the rest. One thread at a time, as its context.
/// </summary>
/// <example><code>
/// sealed class Autoencoder : TrainableModel
/// {
///     private readonly Layer _network;
///
///     public Autoencoder(Context context, DataShape data) : base(context, data)
///     {
///         var group = NewGroup("autoencoder");
///         _network = Add(new Sequential(new Linear(group, "encoder", data.Pixels, 8), new Linear(group, "decoder", 8, data.Pixels)));
///         group.Build();
///         Phases = [new Phase("squared error", batch => _network.Forward(batch.Images).SquaredError(batch.Images).Mean(), new Adam(group, 1e-3))];
///     }
///
///     public override IReadOnlyList&lt;Phase&gt; Phases { get; }
/// }
/// </code></example>
public abstract class TrainableModel : IModel
{
    private readonly List<ParameterGroup> _groups = [];
    private readonly List<Layer> _networks = [];

    /// <param name="context">Where it lives.</param>
    /// <param name="data">What it is for.</param>
    protected TrainableModel(Context context, DataShape data) => (Context, Data) = (context, data);

    /// <summary>The class's own name where nothing else is said.</summary>
    public virtual string Name => GetType().Name;

    public Context Context { get; }

    public DataShape Data { get; }

    public IReadOnlyList<ParameterGroup> Groups => _groups;

    public abstract IReadOnlyList<Phase> Phases { get; }

    /// <summary>None where nothing else is said; a model that keeps some up in its <see cref="TrainStep"/> names them here.</summary>
    public virtual IReadOnlyList<WeightAverage> Averages => [];

    /// <summary>The phases' names where nothing else is said.</summary>
    public virtual IReadOnlyList<string> LossNames => [.. Phases.Select(phase => phase.Name)];

    /// <summary>Empty where nothing else is said.</summary>
    public virtual string LossUnit => "";

    public virtual IReadOnlyList<string> RowLossNames => [];

    /// <summary>The phases one after another, each beginning with what the one before has left. Override it to share work between them.</summary>
    public virtual IReadOnlyList<Tensor> TrainStep(Batch batch)
    {
        // every phase reads the batch, and each one's Backward would give it back
        bool several = Phases.Count > 1;
        using var images = several ? batch.Images.Keep() : null;
        using var labels = several ? batch.Labels?.Keep() : null;
        using var labelled = several ? batch.Labelled?.Images.Keep() : null;
        var losses = new Tensor[Phases.Count];
        for (int i = 0; i < losses.Length; i++)
        {
            losses[i] = Phases[i].Loss(batch);
            Phases[i].Backward(losses[i]);
            Phases[i].Update();
        }

        return losses;
    }

    public virtual IReadOnlyList<Tensor> RowLosses(Batch batch) => [];

    public virtual void SetTraining(bool training)
    {
        foreach (var network in _networks) network.SetTraining(training);
    }

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

    /// <summary>A network's parameters; call its <see cref="ParameterGroup.Build"/> when its layers are declared.</summary>
    /// <param name="name">Of weights in files: name.parameter.</param>
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
}
