namespace GenEngine.Models;

/// <summary>One figure of a model, with what to hold it against.</summary>
/// <param name="Name">The metric's own name.</param>
/// <param name="Unit">nats, share, ... ; empty for a plain number.</param>
/// <param name="Value">Of the model.</param>
/// <param name="Reference">The same of real data, or of a baseline; null when there is none.</param>
/// <param name="ReferenceName">What the reference is: "real test images", "PCA of as many dimensions".</param>
/// <param name="Better">Which way is better: "lower", "higher", "near the reference", or empty.</param>
public sealed record Score(string Name, string Unit, double Value, double? Reference = null, string ReferenceName = "", string Better = "");
