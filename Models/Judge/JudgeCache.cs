using System.Globalization;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>Trained judges on disk, in the user's cache: one file a key, the weights' hash inside. A damaged file is as none.</summary>
internal static class JudgeCache
{
    private const string HashEntry = "weights.sha256", ScoreEntry = "test.score", TestEntry = "test.sha256", SeedEntry = "seed";

    /// <summary>Reads the weights into the network.</summary>
    /// <returns>False when there is no sound file.</returns>
    public static bool Load(string key, JudgeNetwork network, out IReadOnlyDictionary<string, string> notes)
    {
        notes = new Dictionary<string, string>();
        string path = PathOf(key);
        if (!File.Exists(path)) return false;
        try
        {
            using (var file = SafeTensorsReader.Open(path)) notes = new Dictionary<string, string>(file.Metadata);
            WeightFile.Load(path, [network.Group]);
        }
        catch (EngineException)
        {
            return false;
        }

        return notes.TryGetValue(HashEntry, out string? hash) && hash == network.WeightHash();
    }

    public static void Save(string key, JudgeNetwork network, ulong seed, string testHash, IReadOnlyList<double> scores, IReadOnlyDictionary<string, string> more) =>
        WeightFile.Save(PathOf(key), [network.Group], new Dictionary<string, string>(more)
        {
            [HashEntry] = network.WeightHash(),
            [TestEntry] = testHash,
            [ScoreEntry] = string.Join(' ', scores.Select(score => score.ToString("R", CultureInfo.InvariantCulture))),
            [SeedEntry] = seed.ToString(CultureInfo.InvariantCulture),
        });

    /// <summary>The scores noted for this test set; null when they were measured on another.</summary>
    public static double[]? Scores(IReadOnlyDictionary<string, string> notes, string testHash) =>
        notes.GetValueOrDefault(TestEntry) == testHash && notes.TryGetValue(ScoreEntry, out string? text) ? Numbers(text) : null;

    public static double[] Numbers(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];

    private static string PathOf(string key) => Path.Combine(UserCache.PathOf("judges"), $"{key}.safetensors");
}
