using GenEngine.Kernels;
using GenEngine.Kernels.Optimizer;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// A model that makes images from codes, and what all of them share. Classes travel as real rows [batch, classes], one-hot or any mixture, so that a path
/// between two classes is a path like any other; they are null for unconditional models.
/// </summary>
public abstract class GenerativeModel : IModel
{
    private readonly List<ParameterGroup> _groups = [];
    private readonly List<Layer> _networks = [];

    /// <param name="description">The model's own.</param>
    /// <param name="context">Where it lives.</param>
    /// <param name="data">The images it is for.</param>
    /// <param name="options">As the user gave them; defaults are filled in.</param>
    protected GenerativeModel(ModelDescription description, Context context, DataShape data, ModelOptions options)
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

    /// <summary>Dimensions of a code.</summary>
    public virtual int Latent => Options.Latent!.Value;

    /// <summary>True when images depend on a class.</summary>
    public bool IsConditional => Description.NeedsClasses;

    public IReadOnlyList<ParameterGroup> Groups => _groups;

    public abstract IReadOnlyList<Phase> Phases { get; }

    public abstract IReadOnlyList<string> LossNames { get; }

    public abstract string LossUnit { get; }

    public virtual IReadOnlyList<string> RowLossNames => [];

    public abstract IReadOnlyList<Tensor> TrainStep(Batch batch);

    public virtual IReadOnlyList<Tensor> RowLosses(Batch batch) => [];

    /// <summary>Images of codes, in an <see cref="EvaluationStep"/>: [n, latent] -> [n, pixels], pixels in [0, 1].</summary>
    /// <param name="codes">[n, latent].</param>
    /// <param name="classes">[n, classes] for a conditional model, else null.</param>
    public abstract Tensor Decode(Tensor codes, Tensor? classes);

    /// <summary>Codes drawn from what the model takes codes to be distributed like: [count, latent].</summary>
    public virtual Tensor SampleCodes(int count) => Context.RandomNormal(new Shape(count, Latent));

    public void SetTraining(bool training)
    {
        foreach (var network in _networks) network.SetTraining(training);
    }

    /// <summary>The classes of a batch as rows with a one; null for an unconditional model.</summary>
    public Tensor? Classes(Batch batch) => IsConditional ? batch.Labels!.OneHot(Data.Classes) : null;

    public void Dispose()
    {
        foreach (var group in _groups) group.Dispose();
        GC.SuppressFinalize(this);
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

/// <summary>A model that finds the code of an image.</summary>
public interface IEncoder
{
    /// <summary>Codes of images, in an <see cref="EvaluationStep"/>: [n, pixels] -> [n, latent]; a VAE gives the posterior's mean.</summary>
    /// <param name="images">[n, pixels], pixels in [0, 1].</param>
    /// <param name="classes">[n, classes] for a conditional model, else null.</param>
    Tensor Encode(Tensor images, Tensor? classes);
}

/// <summary>A model with a bound on log p(x).</summary>
public interface ILikelihoodBound
{
    /// <summary>log p(x, z) - log q(z|x) of one draw a row, in nats: the importance weight of the IWAE bound (Burda et al. 2015, eq. 8). [batch].</summary>
    Tensor LogWeight(Batch batch);
}

/// <summary>A model whose code distribution is known only once training is over, and fitted then.</summary>
public interface IFittedPrior
{
    /// <summary>Fits it to the codes of these images; the result is kept with the weights.</summary>
    void FitPrior(DeviceDataset data);

    /// <summary>True draws codes from N(0, 1), fitted or not: what a VAE is sampled from, to compare the two.</summary>
    bool DrawsStandardNormal { get; set; }
}
