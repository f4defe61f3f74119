using System.Formats.Tar;
using System.IO.Compression;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Data;

/// <summary>What a fetch did.</summary>
/// <param name="Folder">Where the set's files now lie.</param>
/// <param name="Downloaded">Files that were transferred.</param>
/// <param name="Present">Files that were there already, their checksums right.</param>
public sealed record FetchResult(string Folder, int Downloaded, int Present);

/// <summary>Brings a public data set onto this machine: <c>data fetch NAME</c>.</summary>
public sealed class DataFetcher(Downloader downloader)
{
    /// <summary>
    /// Fetches the files of a set that are not there or not right, into its folder under --data-dir, GENENGINE_DATA or the user's
    /// cache, whichever comes first.
    /// </summary>
    /// <exception cref="EngineException">No such set, it is built in, or a file could not be fetched.</exception>
    public Task<FetchResult> FetchAsync(
        string name, DataOptions options, IProgress<FetchProgress>? progress = null, CancellationToken cancel = default)
    {
        bool Means(string known) => string.Equals(known, name, StringComparison.OrdinalIgnoreCase);

        CatalogueEntry? entry = DataCatalogue.Entries.FirstOrDefault(e => Means(e.Name));
        if (entry is not null) return FetchAsync(entry, DataFolders.Destination(entry.Name, options), progress, cancel);
        if (DataSets.Sources.Any(s => s.BuiltIn && Means(s.Name)))
            throw new EngineException($"'{name}' is built in: there is nothing to fetch.");
        throw new EngineException(NearestName.Unknown("data set", name, DataCatalogue.Entries.Select(e => e.Name)));
    }

    /// <summary>Fetches the files of an entry into a folder.</summary>
    /// <exception cref="EngineException">A file could not be fetched.</exception>
    public async Task<FetchResult> FetchAsync(
        CatalogueEntry entry, string folder, IProgress<FetchProgress>? progress = null, CancellationToken cancel = default)
    {
        int downloaded = 0;
        foreach (RemoteFile file in entry.Files)
        {
            if (IsPresent(file, folder)) continue;
            string path = Path.Combine(folder, file.Name);
            if (!IsRight(path, file.Sha256, file.Kind)) // an archive may have been brought by hand
            {
                await downloader.DownloadAsync(file, folder, progress, cancel);
                downloaded++;
            }
            if (file.Members.Count > 0) Unpack(file, folder, path);
        }
        return new FetchResult(folder, downloaded, entry.Files.Count - downloaded);
    }

    private static bool IsPresent(RemoteFile file, string folder) => file.Members.Count > 0
        ? file.Members.All(m => IsRight(Path.Combine(folder, m.Name), m.Sha256, ContentKind.Plain))
        : IsRight(Path.Combine(folder, file.Name), file.Sha256, file.Kind);

    private static bool IsRight(string path, string sha256, ContentKind kind)
    {
        try
        {
            return File.Exists(path) && ContentHash.Of(path, kind) == sha256;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path} is there but could not be read: {e.Message}", e);
        }
    }

    /// <summary>Takes the members out of a checked .tar.gz by their bare names, and removes the archive.</summary>
    private static void Unpack(RemoteFile file, string folder, string path)
    {
        using (var unzipped = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
        using (var archive = new TarReader(unzipped))
        {
            while (archive.GetNextEntry() is { } entry)
            {
                string name = Path.GetFileName(entry.Name);
                if (entry.DataStream is { } content && file.Members.Any(m => m.Name == name))
                    AtomicFile.Write(Path.Combine(folder, name), content.CopyTo);
            }
        }
        if (!IsPresent(file, folder))
        {
            string members = string.Join(", ", file.Members.Select(m => m.Name));
            throw new EngineException($"{path} does not hold what it should ({members}). Delete it and fetch again.");
        }
        File.Delete(path);
    }
}
