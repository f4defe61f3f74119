using GenEngine.Bench;
using NUnit.Framework;

namespace GenEngine.Tests;

/// <summary>The sources that the tests were built from, for tests that look at them.</summary>
internal static class Checkout
{
    /// <summary>Their folder; a test that asks for it is skipped where they are not there.</summary>
    public static string Root
    {
        get
        {
            if (Repository.Find() is { } root) return root;
            Assert.Ignore("the sources are not here: this is checked in a checkout only");
            return "";
        }
    }
}
