using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>One data set that <see cref="DataSets"/> knows by name.</summary>
public interface IDataSource
{
    /// <summary>What a user types: lower case, digits and hyphens.</summary>
    string Name { get; }

    /// <summary>One line for <c>data list</c>: what the images are, how many.</summary>
    string Summary { get; }

    /// <summary>Made by code, so always there.</summary>
    bool BuiltIn { get; }

    /// <summary>Names of the splits, the one to train on first.</summary>
    IReadOnlyList<string> Splits { get; }

    /// <summary>Loads or draws one of <see cref="Splits"/>.</summary>
    /// <exception cref="EngineException">
    /// A file is missing or damaged; the message says which, where it was looked for, and how to get it.
    /// </exception>
    ImageDataset Load(string split, DataOptions options);

    /// <summary>The folder that holds all files of the set, or null when there is none (built-in sets: null).</summary>
    string? Find(DataOptions options);
}
