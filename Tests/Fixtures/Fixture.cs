using System.Globalization;
using GenEngine.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Fixtures;

/// <summary>One configuration that TorchSharp computed; see README.md beside the files.</summary>
public sealed class Fixture
{
    private readonly string _path;
    private readonly Dictionary<string, double> _options;

    private Fixture(string path, string name, string options)
    {
        (_path, Name) = (path, name);
        _options = options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(option => option.Split('='))
            .ToDictionary(option => option[0], option => double.Parse(option[1], CultureInfo.InvariantCulture));
    }

    public string Name { get; }

    /// <summary>All cases of an operation's file.</summary>
    public static IReadOnlyList<Fixture> Of(string operation)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Fixtures", operation + ".safetensors");
        using var file = SafeTensorsReader.Open(path);
        return [.. file.Metadata.Select(entry => new Fixture(path, entry.Key, entry.Value))];
    }

    public double Option(string name) => _options[name];

    public int Int(string name) => (int)_options[name];

    public Shape Shape(string tensor)
    {
        using var file = SafeTensorsReader.Open(_path);
        return new Shape([.. file[$"{Name}/{tensor}"].Shape]);
    }

    public double[] Values(string tensor)
    {
        using var file = SafeTensorsReader.Open(_path);
        return Array.ConvertAll(file.Read<float>($"{Name}/{tensor}"), value => (double)value);
    }

    /// <summary>Labels and indices.</summary>
    public int[] Integers(string tensor)
    {
        using var file = SafeTensorsReader.Open(_path);
        return file.Read<int>($"{Name}/{tensor}");
    }

    /// <summary>The tensor on a device.</summary>
    public Tensor Upload(Context context, string tensor) => context.FromHost(Values(tensor), Shape(tensor), tensor);

    /// <summary>Compares with the file: |actual - expected| within so many units of 2^-24 of the largest expected value.</summary>
    public void AssertNear(Tensor actual, string tensor, double ulps)
    {
        double[] expected = Values(tensor), values = actual.ToDoubles();
        Assert.That(actual.Shape, Is.EqualTo(Shape(tensor)), $"{Name}/{tensor}");
        double unit = expected.Max(Math.Abs) * Math.Pow(2, -24);
        for (int i = 0; i < expected.Length; i++)
            Assert.That(values[i], Is.EqualTo(expected[i]).Within(ulps * unit), $"{Name}/{tensor}[{i}]");
    }

    public override string ToString() => Name;
}
