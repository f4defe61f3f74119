using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

public class DataFetcherTests
{
    private FileServer _server = null!;
    private TemporaryFolder _folder = null!;
    private HttpClient _client = null!;
    private DataFetcher _fetcher = null!;

    [SetUp]
    public void SetUp()
    {
        _server = new FileServer();
        _folder = new TemporaryFolder();
        _client = Downloader.NewClient();
        _fetcher = new DataFetcher(new Downloader(_client) { Pause = TimeSpan.FromMilliseconds(5) });
    }

    [TearDown]
    public void TearDown()
    {
        _client.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task FetchesWhatIsMissingOrDamagedOnly()
    {
        byte[] one = [1, 2, 3], two = [4, 5];
        CatalogueEntry entry = Entry(
            new RemoteFile("one", 3, DownloaderTests.Sha(one), ContentKind.Plain, [_server.Serve("one", one)]),
            new RemoteFile("two", 2, DownloaderTests.Sha(two), ContentKind.Plain, [_server.Serve("two", two)]));
        string folder = _folder["set"];
        Assert.That(await _fetcher.FetchAsync(entry, folder), Is.EqualTo(new FetchResult(folder, 2, 0)));
        Assert.That(await _fetcher.FetchAsync(entry, folder), Is.EqualTo(new FetchResult(folder, 0, 2)));
        File.WriteAllBytes(_folder["set", "two"], [9]);
        Assert.That(await _fetcher.FetchAsync(entry, folder), Is.EqualTo(new FetchResult(folder, 1, 1)));
        Assert.That(File.ReadAllBytes(_folder["set", "two"]), Is.EqualTo(two));
        Assert.That(_server.Requests.Select(r => r.Path), Is.EqualTo(new[] { "/one", "/two", "/two" }));
    }

    [Test]
    public async Task UnpacksAnArchiveByBareNames()
    {
        byte[] member = RandomNumberGenerator.GetBytes(5000);
        byte[] archive = TarGz(("batches/readme.html", [1]), ("../../batches/data.bin", member));
        var remote = new RemoteFile("a.tar.gz", 1, DownloaderTests.Sha(archive), ContentKind.Plain, [_server.Serve("a", archive)])
        {
            Members = [("data.bin", DownloaderTests.Sha(member))],
        };
        await _fetcher.FetchAsync(Entry(remote), _folder.Path);
        Assert.That(Directory.GetFiles(_folder.Path), Is.EqualTo(new[] { _folder["data.bin"] }), "the archive goes, nothing else comes");
        Assert.That(File.ReadAllBytes(_folder["data.bin"]), Is.EqualTo(member));
        Assert.That((await _fetcher.FetchAsync(Entry(remote), _folder.Path)).Downloaded, Is.Zero);

        RemoteFile other = remote with { Members = [("absent.bin", DownloaderTests.Sha([]))] };
        Assert.That(Assert.ThrowsAsync<EngineException>(() => _fetcher.FetchAsync(Entry(other), _folder.Path))!.Message, Does.Contain("absent.bin"));
    }

    [Test]
    public async Task AZipOfSoundsIsKnownByItsSounds()
    {
        byte[] a = [1, 2], b = [3];
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] wav) in new[] { ("0_a_0.wav", a), ("1_a_0.wav", b) })
        {
            sha.AppendData(Encoding.UTF8.GetBytes(name));
            sha.AppendData([0, (byte)wav.Length, 0, 0, 0, 0, 0, 0, 0]);
            sha.AppendData(wav);
        }
        string hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        string first = _server.Serve("first", Zip(("fsdd-1.0/recordings/1_a_0.wav", b), ("fsdd-1.0/recordings/0_a_0.wav", a), ("README.md", b)));
        string second = _server.Serve("second", Zip(("recordings/0_a_0.wav", a), ("recordings/1_a_0.wav", b)));
        string wrong = _server.Serve("wrong", Zip(("recordings/0_a_0.wav", b), ("recordings/1_a_0.wav", b)));
        var remote = new RemoteFile("r.zip", 1, hash, ContentKind.ZipOfWav, [first]);
        await _fetcher.FetchAsync(Entry(remote), _folder["1"]);
        await _fetcher.FetchAsync(Entry(remote with { Mirrors = [wrong, second] }), _folder["2"]);
        Assert.ThrowsAsync<EngineException>(() => _fetcher.FetchAsync(Entry(remote with { Mirrors = [wrong] }), _folder["3"]));
    }

    [Test]
    public void NamesAreChecked()
    {
        Assert.That(Assert.ThrowsAsync<EngineException>(() => _fetcher.FetchAsync("minst", DataOptions.Default))!.Message, Does.Contain("'mnist'"));
        Assert.That(Assert.ThrowsAsync<EngineException>(() => _fetcher.FetchAsync("digits", DataOptions.Default))!.Message, Does.Contain("built in"));
    }

    [Test]
    public void TheCatalogueIsWhole()
    {
        foreach (RemoteFile file in DataCatalogue.Entries.SelectMany(e => e.Files))
        {
            Assert.That(file.Mirrors, Is.Not.Empty.And.Unique);
            Assert.That(file.Mirrors.Select(m => new Uri(m).Scheme), Is.All.AnyOf("http", "https"));
            Assert.That(file.Members.Select(m => m.Sha256).Append(file.Sha256), Is.All.Match("^[0-9a-f]{64}$"));
        }
        Assert.That(DataCatalogue.Entries.Select(e => e.Name), Is.SupersetOf(DataSets.Sources.Where(s => !s.BuiltIn).Select(s => s.Name)));
    }

    /// <summary>The catalogue's checksums against files that this machine has: nothing is left to fetch.</summary>
    [TestCase("mnist")]
    [TestCase("fashion-mnist")]
    [TestCase("fsdd")]
    public async Task ChecksumsFitTheRealFiles(string name)
    {
        CatalogueEntry entry = DataCatalogue.Entries.First(e => e.Name == name);
        string? folder = DataCatalogue.List(DataOptions.Default).First(s => s.Name == name).Folder;
        if (folder is null) Assert.Ignore($"{name} is not on this machine; set {DataFolders.Variable} to its folder.");
        CatalogueEntry offline = entry with { Files = [.. entry.Files.Select(f => f with { Mirrors = [_server.Address + "none"] })] };
        Assert.That(await _fetcher.FetchAsync(offline, folder!), Is.EqualTo(new FetchResult(folder!, 0, entry.Files.Count)));
    }

    private static CatalogueEntry Entry(params RemoteFile[] files) => new("set", "", "", "", files);

    private static byte[] TarGz(params (string Name, byte[] Content)[] files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
            foreach ((string name, byte[] content) in files)
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        return DownloaderTests.Gzip(tar.ToArray());
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] files)
    {
        using var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
            foreach ((string name, byte[] content) in files)
            {
                using Stream stream = archive.CreateEntry(name).Open();
                stream.Write(content);
            }
        return packed.ToArray();
    }
}
