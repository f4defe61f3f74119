namespace GenEngine;

/// <summary>
/// A step that only looks: no tape, running statistics instead of the batch's, no dropout. Ends with its disposal, and the model trains on as before.
/// </summary>
public sealed class EvaluationStep : IDisposable
{
    private readonly IModel _model;
    private readonly StepScope _step;
    private readonly NoGradientScope _noGradient;

    public EvaluationStep(IModel model)
    {
        _model = model;
        model.SetTraining(false);
        _step = model.Context.BeginStep();
        _noGradient = model.Context.NoGradient();
    }

    public void Dispose()
    {
        _noGradient.Dispose();
        _step.Dispose();
        _model.SetTraining(true);
    }
}
