using System.Text.RegularExpressions;
using NUnit.Framework;

namespace GenEngine.Tests.House;

/// <summary>What README shows is what is there.</summary>
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

    [Test]
    public void Every_picture_and_file_that_the_readme_names_is_there()
    {
        string text = File.ReadAllText(Path.Combine(Checkout.Root, "README.md"));
        string[] named = [.. Named().Matches(text).Select(match => match.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal)).Distinct()];
        Assert.That(named, Has.Length.GreaterThan(20));
        Assert.That(named.Where(target => !Path.Exists(Path.Combine(Checkout.Root, target.Split('#')[0]))), Is.Empty);
    }

    private static string[] Lines(string path) => File.ReadAllText(Path.Combine(Checkout.Root, path)).ReplaceLineEndings("\n").TrimEnd().Split('\n');

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();

    [GeneratedRegex("""(?:src="|\]\()([^")]+)""")]
    private static partial Regex Named();
}
