using GenEngine.Export;

namespace GenEngine.Models;

/// <summary>A model that has feed-forward parts, which can be used without the engine.</summary>
public interface IExportable
{
    /// <summary>The parts, each by its own forward pass; to be run in evaluation mode.</summary>
    IReadOnlyList<NetworkPart> NetworkParts { get; }
}

/// <summary>What goes in and out of the zoo's models, by one name each.</summary>
internal static class ModelPorts
{
    /// <summary>Images that a network looks at or makes.</summary>
    public static Port Images(this DataShape data, string meaning = "pixels in [0, 1]") => Port.Images("images", data.Height, data.Width, data.Channels, meaning);

    /// <summary>The rows of classes that a conditional model is told beside another input; nothing for others.</summary>
    public static Port[] ClassRows(this ZooModel model) =>
        model.IsConditional ? [Port.Rows("classes", model.Data.Classes, "a one for the class and zeros, or a mixture of classes")] : [];

    /// <summary>Codes that images are made of.</summary>
    public static Port Codes(this ZooModel model, string meaning) => Port.Rows("codes", model.Latent, meaning);

    /// <summary>What an encoder to a Gaussian gives.</summary>
    public static Port[] PosteriorPorts(this ZooModel model) =>
        [Port.Rows("mean", model.Latent, "the mean of the image's code"), Port.Rows("logvar", model.Latent, "the logarithm of its variance")];

    /// <summary>Mean and log variance out of one tensor.</summary>
    public static Tensor[] Halves(this Tensor both) => [both.Slice(0, both.Shape.Columns / 2), both.Slice(both.Shape.Columns / 2, both.Shape.Columns / 2)];

    /// <summary>The class rows behind another input, where there are any.</summary>
    public static Tensor? Classes(this Tensor[] inputs) => inputs.Length > 1 ? inputs[1] : null;
}
