using System.Globalization;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>Every metric that applies to a trained model; 'evaluate --full' and 'reproduce' print the same figures.</summary>
/// <param name="Scores">In the order of the tables.</param>
/// <param name="Judge">Seed, test accuracy and weights of the judge behind them; empty when the images have no classes to train one on.</param>
internal sealed record FullEvaluation(IReadOnlyList<Score> Scores, string Judge)
{
    /// <param name="samples">Importance samples an image; 0 leaves the bound out.</param>
    /// <param name="count">Generated images.</param>
    public static FullEvaluation Of(Session session, TrainedModel trained, int samples, int count = ModelEvaluation.StandardCount)
    {
        var evaluation = Create(session, trained, count);
        List<Score> scores = [.. evaluation.Losses(samples), .. evaluation.Categories(), .. evaluation.Codes()];
        if (trained.TestSet.Labels is null || trained.TestSet.ClassNames.Count < 2)
        {
            session.Error.WriteLine($"{trained.TestSet.Name} has no classes, so no judge can be trained: metrics by features are left out.");
            return new FullEvaluation(scores, "");
        }

        using var judge = trained.Judge(session);
        scores.AddRange(evaluation.Samples(judge));
        if (FactorEvaluation.Applies(trained.Any, trained.TestSet))
        {
            using var regressor = trained.FactorRegressor(session);
            scores.AddRange(evaluation.Factors(regressor));
        }

        return new FullEvaluation(scores, string.Create(CultureInfo.InvariantCulture, $"seed {judge.Recipe.Seed}, {judge.TestAccuracy:P2}, {judge.WeightHash[..12]}"));
    }

    /// <summary>What needs no judge: losses, and the categories of a model that finds some.</summary>
    public static FullEvaluation Losses(Session session, TrainedModel trained, int samples)
    {
        var evaluation = Create(session, trained, ModelEvaluation.StandardCount);
        return new([.. evaluation.Losses(samples), .. evaluation.Categories()], "");
    }

    private static ModelEvaluation Create(Session session, TrainedModel trained, int count) =>
        new(trained.Any, trained.TrainSet, trained.TestSet, trained.Binarization) { Count = count, Seed = trained.Context.Seed, Stop = session.Stop };
}
