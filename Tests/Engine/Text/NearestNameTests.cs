using GenEngine.Text;
using NUnit.Framework;

namespace GenEngine.Tests.Text;

public class NearestNameTests
{
    private static readonly string[] Names = ["digits", "mnist", "fashion-mnist", "cifar10", "binarized-mnist"];

    [TestCase("minst", "mnist")]
    [TestCase("MNIST", "mnist")]
    [TestCase("nmist", "mnist")]
    [TestCase("digit", "digits")]
    [TestCase("fashion", "fashion-mnist")]
    [TestCase("fasion-mnist", "fashion-mnist")]
    [TestCase("cifar", "cifar10")]
    [TestCase("binarised-mnist", "binarized-mnist")]
    [TestCase("imagenet", null)]
    [TestCase("", null)]
    public void FindsWhatWasMeant(string typed, string? meant) => Assert.That(NearestName.Of(typed, Names), Is.EqualTo(meant));

    [Test, SetCulture("tr-TR")]
    public void TheTurkishIIsNoTrap() => Assert.That(NearestName.Of("DIGITS", Names), Is.EqualTo("digits"));

    [Test]
    public void TheSentenceNamesAll()
    {
        string message = NearestName.Unknown("data set", "minst", Names);
        Assert.That(message, Does.StartWith("Unknown data set 'minst'. Did you mean 'mnist'?"));
        Assert.That(message, Does.Contain("digits, mnist, fashion-mnist"));
        Assert.That(NearestName.Unknown("data set", "imagenet", Names), Does.Not.Contain("Did you mean"));
    }
}
