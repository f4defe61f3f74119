using GenEngine.Kernels;
using GenEngine.Kernels.Optimizer;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>What all models of the zoo share: their description, their options with every default filled in, and Adam by these.</summary>
public abstract class ZooModel : TrainableModel
{
    /// <param name="description">The model's own.</param>
    /// <param name="context">Where it lives.</param>
    /// <param name="data">What it is for.</param>
    /// <param name="options">As the user gave them; defaults are filled in.</param>
    protected ZooModel(ModelDescription description, Context context, DataShape data, ModelOptions options) : base(context, data)
    {
        description.CheckData(data);
        Description = description;
        Options = description.Resolve(options, data);
    }

    /// <summary>What the zoo knows of it; a static member of each model's class has the same name.</summary>
    public ModelDescription Description { get; }

    public override string Name => Description.Name;

    /// <summary>The choices it was built with, none of them left open.</summary>
    public ModelOptions Options { get; }

    /// <summary>True when what it makes depends on a class.</summary>
    public virtual bool IsConditional => Description.NeedsClasses;

    /// <summary>Dimensions of the code that images are made of; 0 for a model without codes.</summary>
    public virtual int Latent => 0;

    /// <summary>Codes drawn from what the model takes codes to be distributed like: [count, latent].</summary>
    public virtual Tensor SampleCodes(int count) => Context.RandomNormal(new Shape(count, Latent));

    public abstract override IReadOnlyList<string> LossNames { get; }

    public abstract override string LossUnit { get; }

    /// <summary>The classes of a batch as rows with a one; null for an unconditional model.</summary>
    public Tensor? Classes(Batch batch) => IsConditional ? batch.Labels!.OneHot(Data.Classes) : null;

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
