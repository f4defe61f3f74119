using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Tests.Models;

/// <summary>Quick copies of the zoo's models: narrow, with their own structure.</summary>
internal static class SmallModels
{
    public static ModelOptions Of(ModelOptions defaults) => new()
    {
        Backbone = defaults.Backbone,
        Latent = defaults.Latent is null ? null : 4,
        Layers = defaults.Layers is null ? null : 1,
        Hidden = defaults.Hidden is null ? null : [16],
        Width = defaults.Width is not null ? 4 : defaults.Backbone == "conv" ? 12 : null,
        Stages = defaults.Hidden is null ? [4, 6] : null,
        Residual = defaults.Residual is null ? null : 4,
        Skip = defaults.Skip is null ? null : 8,
    };
}
