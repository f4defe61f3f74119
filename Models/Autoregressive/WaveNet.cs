using GenEngine.Export;
using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>A model of sequences: it gives the law of each code from those before it.</summary>
public interface ISequenceModel : IModel
{
    /// <summary>Codes that a prediction depends on.</summary>
    int Field { get; }

    /// <summary>Logits of the code that follows each position: int32 [N, 1, T] -> [N, 1, T, alphabet].</summary>
    Tensor Logits(Tensor codes, Tensor? classes);

    /// <summary>The network as columns, for sequences of so many codes; call it in an <see cref="EvaluationStep"/>. The first code has to be given.</summary>
    /// <param name="classes">[batch, classes] for a conditional model, else null.</param>
    ColumnProgram Columns(int batch, int length, Tensor? classes);

    /// <summary>-log p of the code that follows each position, in nats, in an <see cref="EvaluationStep"/>: [batch * window].</summary>
    Tensor PositionLosses(Batch batch);
}

/// <summary>
/// WaveNet (van den Oord et al. 2016) over byte codes: mu-law sound or UTF-8 text, with classes as a bias of every layer's gate where asked for. Loss: nats a code, every position counted, what lies before a
/// window taken as silence behind the embedding.
/// </summary>
public sealed class WaveNet : ZooModel, ISequenceModel, IExportable
{
    private readonly Phase _phase;

    public WaveNet(Context context, DataShape data, ModelOptions options) : base(Description, context, data, options)
    {
        var group = NewGroup("wavenet");
        Network = Add(new WaveNetNetwork(
            context,
            new WaveNetOptions
            {
                Codes = data.Alphabet,
                Stacks = Options.Stacks!.Value,
                Layers = Options.Layers!.Value,
                Residual = Options.Residual!.Value,
                Skip = Options.Skip!.Value,
                Classes = IsConditional ? data.Classes : 0,
                Smooth = Options.Smooth,
            },
            group));
        _phase = new Phase("predict", Loss, Adam(group));
    }

    /// <summary><c>wavenet</c>: of sequences, told the class only where the option Condition is not none.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "wavenet",
        Summary = "dilated causal convolutions over sound or text, a code at a time",
        Paper = "van den Oord et al. 2016 (WaveNet)",
        NeedsSequences = true,
        Conditions = ["none", "bias"],
        Defaults = [new() { Stacks = 1, Layers = 10, Residual = 32, Skip = 64, Condition = "none", LearningRate = 1e-3, Schedule = "constant" }],
        Create = (context, data, options) => new WaveNet(context, data, options),
    };

    /// <summary>The network, with its layers in the order of the signal.</summary>
    public WaveNetNetwork Network { get; }

    public int Field => Network.Field;

    public override bool IsConditional => Options.Condition == "bias";

    public override IReadOnlyList<Phase> Phases => [_phase];

    public override IReadOnlyList<string> LossNames { get; } = ["nll"];

    public override string LossUnit => "nats per code";

    public IReadOnlyList<NetworkPart> NetworkParts =>
    [
        new("network", [Port.Codes("codes", "of a sequence"), .. this.ClassRows()], [Port.Signal("logits", Data.Alphabet, "of the code that follows each position")],
            x => [Logits(x[0].Reshape(x[0].Shape[0], 1, x[0].Shape[1]), x.Classes())]),
    ];

    public Tensor Logits(Tensor codes, Tensor? classes) => Network.Forward(codes, classes);

    public ColumnProgram Columns(int batch, int length, Tensor? classes)
    {
        var builder = new ColumnBuilder(batch, 1, length, 1, Data.Alphabet);
        builder.Draw(Network.Columns(builder, classes), ColumnLaw.Categorical, null, ahead: 1);
        return builder.Build();
    }

    public Tensor PositionLosses(Batch batch) => Network.Forward(batch.Codes, Classes(batch)).SoftmaxCrossEntropy(batch.Targets!);

    private Tensor Loss(Batch batch) => Network.Loss(batch.Codes, batch.Targets!, Classes(batch));
}
