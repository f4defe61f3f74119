using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Compare;

/// <summary>
/// The peer's program in the user's cache. Its sources travel inside this assembly; it is published once for every version of
/// them, so neither the repository nor the console carries TorchSharp.
/// </summary>
internal static class PeerBuild
{
    private const string Prefix = "peer/";
    private const string Project = "Bench/Peers/TorchSharp/TorchSharpPeer.csproj";
    private const string Program = "TorchSharpPeer";

    /// <summary>The peer's executable, published first if need be.</summary>
    /// <exception cref="EngineException">Not on linux-x64, no SDK, or the restore failed.</exception>
    public static string Find(TextWriter notices, CancellationToken stop)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new EngineException("compare measures against TorchSharp for linux-x64; this machine is another. 'genengine bench' measures this engine alone.");
        string cache = UserCache.Folder("peers"), folder = Path.Combine(cache, "torchsharp-" + SourceHash());
        string program = Path.Combine(folder, Program);
        if (File.Exists(program)) return program;
        notices.WriteLine(
            $"Preparing the peer, once: TorchSharp 0.107.0 with libtorch 2.10.0 for CPUs. NuGet downloads 135 MB where it lacks them, the published peer takes 480 MB in\n  {folder}");
        Publish(cache, folder, stop);
        return program;
    }

    private static void Publish(string cache, string folder, CancellationToken stop)
    {
        string temporary = Path.Combine(cache, $"building-{Environment.ProcessId}"), app = Path.Combine(temporary, "app");
        try
        {
            foreach (string name in Sources())
            {
                string path = Path.Combine(temporary, "src", name[Prefix.Length..]);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                using var file = File.Create(path);
                using var source = Open(name);
                source.CopyTo(file);
            }

            Dotnet.Run("Building the TorchSharp peer", stop, "publish", Path.Combine(temporary, "src", Project), "-c", "Release", "-r", "linux-x64", "-o", app, "--nologo", "-v", "q");
            string library = Path.Combine(app, "libLibTorchSharp.so");
            byte[] image = File.ReadAllBytes(library);
            if (ElfVersionNeeds.Weaken(image, "GLIBCXX_3.4.32") > 0) File.WriteAllBytes(library, image);
            if (!Directory.Exists(folder)) Directory.Move(app, folder);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }

    private static string[] Sources() =>
        [.. typeof(PeerBuild).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static Stream Open(string name) => typeof(PeerBuild).Assembly.GetManifestResourceStream(name)!;

    private static string SourceHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in Sources())
        {
            using var source = Open(name);
            using var bytes = new MemoryStream();
            source.CopyTo(bytes);
            hash.AppendData(bytes.ToArray());
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }
}
