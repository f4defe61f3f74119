using GenEngine.Files;
using GenEngine.Tests.Files;

namespace GenEngine.Tests.Bench;

/// <summary>Data of the user's own that are read, learned and evaluated in no time.</summary>
internal static class SmallData
{
    /// <summary>A folder with two dozen grey pictures of ann and of bob; give --size 28 --channels 1 with it.</summary>
    public static string Faces(TemporaryFolder folder)
    {
        for (int i = 0; i < 24; i++)
        {
            string name = folder["faces", i % 2 == 0 ? "ann" : "bob", $"{i}.png"];
            Directory.CreateDirectory(Path.GetDirectoryName(name)!);
            File.WriteAllBytes(name, MadePictures.Png(50, 40 + i, 9));
        }

        return folder["faces"];
    }

    /// <summary>A folder with short recordings of no and of yes.</summary>
    public static string Clips(TemporaryFolder folder)
    {
        foreach (string name in (string[])["no", "yes"])
            for (int i = 0; i < 4; i++) WavWriter.Write(folder["clips", name, $"{i}.wav"], [.. Enumerable.Range(0, 150 + i).Select(t => 0.5f * MathF.Sin(0.1f * t * (name == "no" ? 1 : 2)))], 8000);
        return folder["clips"];
    }
}
