using System.Text.RegularExpressions;
using NUnit.Framework;

namespace GenEngine.Tests.House;

/// <summary>What README and the architecture show is what is there.</summary>
public sealed partial class ReadmeTests
{
    [TestCase("NewModel.cs", 30)]
    [TestCase("UseModel.cs", 15)]
    public void A_program_of_the_readme_is_the_example_and_as_short_as_it_says(string example, int most)
    {
        string[] source = [.. Lines(Path.Combine("Examples", example)).Where(line => !line.StartsWith("#:", StringComparison.Ordinal))];
        var shown = CSharp().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "README.md")).ReplaceLineEndings("\n"))
            .Select(match => match.Groups[1].Value.TrimEnd().Split('\n').Where(line => !line.StartsWith("#:", StringComparison.Ordinal)).ToArray());
        Assert.That(shown.Any(program => program.SequenceEqual(source)), Is.True, $"README shows another program than Examples/{example}");
        Assert.That(source, Has.Length.LessThanOrEqualTo(most));
    }

    [TestCase("README.md", 20)]
    [TestCase("Engine/ARCHITECTURE.md", 20)]
    public void Every_picture_and_file_that_a_document_names_is_there(string document, int least)
    {
        string[] named = Links(document);
        Assert.That(named, Has.Length.GreaterThan(least));
        Assert.That(named.Where(target => !Path.Exists(target)), Is.Empty);
    }

    [Test]
    public void The_tour_takes_an_afternoon() =>
        Assert.That(Links("Engine/ARCHITECTURE.md").Where(File.Exists).Sum(file => File.ReadLines(file).Count()), Is.InRange(3000, 4000), "what the engine is should not grow with what it has");

    /// <summary>Files that a document links to.</summary>
    private static string[] Links(string document)
    {
        string path = Path.Combine(Checkout.Root, document), folder = Path.GetDirectoryName(path)!;
        return [.. Named().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value.Split('#')[0]).Where(target => !target.Contains("://", StringComparison.Ordinal)).Distinct().Select(target => Path.Combine(folder, target))];
    }

    private static string[] Lines(string path) => File.ReadAllText(Path.Combine(Checkout.Root, path)).ReplaceLineEndings("\n").TrimEnd().Split('\n');

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();

    [GeneratedRegex("""(?:src="|\]\()([^")]+)""")]
    private static partial Regex Named();
}
