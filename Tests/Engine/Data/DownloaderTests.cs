using System.IO.Compression;
using System.Security.Cryptography;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

public class DownloaderTests
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(300_000);

    private FileServer _server = null!;
    private TemporaryFolder _folder = null!;
    private HttpClient _client = null!;
    private Downloader _downloader = null!;

    private string Final => _folder["file.bin"];

    private string Part => _folder["file.bin.part"];

    [SetUp]
    public void SetUp()
    {
        _server = new FileServer();
        _folder = new TemporaryFolder();
        _client = Downloader.NewClient();
        _downloader = new Downloader(_client) { Pause = TimeSpan.FromMilliseconds(5), Patience = TimeSpan.FromSeconds(20) };
    }

    [TearDown]
    public void TearDown()
    {
        _client.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task BringsTheFileAndReports()
    {
        var reports = new Reports();
        await _downloader.DownloadAsync(Remote(_server.Serve("a", Content)), _folder.Path, reports, default);
        AssertWhole();
        Assert.That(reports[^1], Is.EqualTo(new FetchProgress("file.bin", _server.Address + "a", Content.Length, Content.Length)));
    }

    [Test]
    public async Task ContinuesAPartialFile()
    {
        File.WriteAllBytes(Part, Content[..100_000]);
        var reports = new Reports();
        await _downloader.DownloadAsync(Remote(_server.Serve("a", Content)), _folder.Path, reports, default);
        AssertWhole();
        Assert.That(_server.Requests, Is.EqualTo(new[] { ("/a", (string?)"bytes=100000-") }));
        Assert.That(reports[0].Received, Is.GreaterThan(100_000));
        Assert.That(reports[^1].Total, Is.EqualTo(Content.Length));
    }

    [Test]
    public async Task StartsAnewWhereTheServerCannotContinue()
    {
        File.WriteAllBytes(Part, Content[..100_000]);
        await _downloader.DownloadAsync(Remote(_server.Serve("a", Content, ranges: false)), _folder.Path, null, default);
        AssertWhole();
    }

    [Test]
    public async Task AWholePartNeedsNoBytes()
    {
        File.WriteAllBytes(Part, Content);
        await _downloader.DownloadAsync(Remote(_server.Serve("a", Content)), _folder.Path, null, default);
        AssertWhole();
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task AStalePartIsThrownAway()
    {
        File.WriteAllBytes(Part, new byte[100_000]);
        await _downloader.DownloadAsync(Remote(_server.Serve("a", Content)), _folder.Path, null, default);
        AssertWhole();
        Assert.That(_server.Requests, Is.EqualTo(new[] { ("/a", (string?)"bytes=100000-"), ("/a", null) }));
    }

    [Test]
    public async Task ACutConnectionIsContinued()
    {
        int cuts = 0;
        string address = _server.Serve("a", context =>
        {
            int from = FileServer.From(context.Request);
            if (from > 0) context.Response.AddHeader("Content-Range", $"bytes {from}-{Content.Length - 1}/{Content.Length}");
            context.Response.StatusCode = from > 0 ? 206 : 200;
            context.Response.ContentLength64 = Content.Length - from;
            bool cut = cuts++ < 2;
            context.Response.OutputStream.Write(Content, from, cut ? 90_000 : Content.Length - from);
            context.Response.OutputStream.Flush();
            if (cut) context.Response.Abort();
        });
        await _downloader.DownloadAsync(Remote(address), _folder.Path, null, default);
        AssertWhole();
        Assert.That(_server.Requests, Has.Count.EqualTo(3));
        Assert.That(_server.Requests[2].Range, Is.Not.Null.And.Not.EqualTo(_server.Requests[1].Range), "each try must get further");
    }

    [Test]
    public async Task AMissingFileLeadsToTheNextMirrorAtOnce()
    {
        await _downloader.DownloadAsync(Remote(_server.Address + "gone", _server.Serve("b", Content)), _folder.Path, null, default);
        AssertWhole();
        Assert.That(_server.Requests.Select(r => r.Path), Is.EqualTo(new[] { "/gone", "/b" }));
    }

    [Test]
    public async Task AServersFaultIsTriedAgain()
    {
        int calls = 0;
        string address = _server.Serve("a", context =>
        {
            context.Response.StatusCode = calls++ == 0 ? 503 : 200;
            if (calls > 1) context.Response.OutputStream.Write(Content);
        });
        await _downloader.DownloadAsync(Remote(address), _folder.Path, null, default);
        AssertWhole();
    }

    [Test]
    public async Task WrongContentIsNeverKept()
    {
        string wrong = _server.Serve("wrong", new byte[Content.Length]);
        await _downloader.DownloadAsync(Remote(wrong, _server.Serve("b", Content)), _folder.Path, null, default);
        AssertWhole();
        Assert.That(_server.Requests.Select(r => r.Path), Is.EqualTo(new[] { "/wrong", "/b" }), "a fresh wrong file is not asked for twice");

        File.Delete(Final);
        var thrown = Assert.ThrowsAsync<EngineException>(() => _downloader.DownloadAsync(Remote(wrong), _folder.Path, null, default));
        Assert.That(thrown!.Message, Does.Contain(wrong).And.Contain("checksum").And.Contain("by hand").And.Contain(_folder.Path));
        Assert.That(Directory.GetFiles(_folder.Path), Is.Empty);
    }

    [Test]
    public void EveryMirrorsFailureIsTold()
    {
        string fault = _server.Serve("fault", context => context.Response.StatusCode = 500);
        string cut = _server.Serve("cut", context =>
        {
            context.Response.ContentLength64 = Content.Length;
            context.Response.OutputStream.Write(Content, 0, 50_000);
            context.Response.OutputStream.Flush();
            context.Response.Abort();
        });
        var thrown = Assert.ThrowsAsync<EngineException>(
            () => _downloader.DownloadAsync(Remote(_server.Address + "gone", fault, cut), _folder.Path, null, default));
        Assert.That(thrown!.Message, Does.Contain("gone: 404").And.Contain("fault: 500").And.Contain(cut).And.Contain(Part));
        Assert.That(File.Exists(Final), Is.False);
        Assert.That(new FileInfo(Part).Length, Is.GreaterThan(0), "what arrived is kept for the next time");
    }

    [Test]
    public void AServerThatFallsSilentIsGivenUp()
    {
        var downloader = new Downloader(_client) { Attempts = 1, Patience = TimeSpan.FromMilliseconds(200) };
        using var over = new ManualResetEventSlim();
        string address = _server.Serve("a", context =>
        {
            context.Response.ContentLength64 = Content.Length;
            context.Response.OutputStream.Write(Content, 0, 1000);
            context.Response.OutputStream.Flush();
            over.Wait(10_000);
            context.Response.Abort();
        });
        var thrown = Assert.ThrowsAsync<EngineException>(() => downloader.DownloadAsync(Remote(address), _folder.Path, null, default));
        over.Set();
        Assert.That(thrown!.Message, Does.Contain("sent nothing"));
    }

    [Test]
    public void CancellingKeepsThePart()
    {
        using var cancel = new CancellationTokenSource();
        using var over = new ManualResetEventSlim();
        string address = _server.Serve("a", context =>
        {
            context.Response.ContentLength64 = Content.Length;
            context.Response.OutputStream.Write(Content, 0, 200_000);
            context.Response.OutputStream.Flush();
            over.Wait(10_000);
            context.Response.Abort();
        });
        var progress = new Reports { OnReport = p => { if (p.Received > 0) cancel.Cancel(); } };
        Assert.CatchAsync<OperationCanceledException>(() => _downloader.DownloadAsync(Remote(address), _folder.Path, progress, cancel.Token));
        over.Set();
        Assert.That(new FileInfo(Part).Length, Is.GreaterThan(0));
        Assert.That(File.Exists(Final), Is.False);
    }

    [Test]
    public void NobodyListeningIsAnErrorWithTheAddress()
    {
        string address = _server.Address + "a";
        _server.Dispose();
        var thrown = Assert.ThrowsAsync<EngineException>(() => _downloader.DownloadAsync(Remote(address), _folder.Path, null, default));
        Assert.That(thrown!.Message, Does.Contain(address).And.Contain("by hand"));
    }

    [Test]
    public async Task GzipIsKnownByItsContent()
    {
        byte[] packed = Gzip(Content, CompressionLevel.NoCompression);
        var remote = new RemoteFile("file.bin", 1, Sha(Content), ContentKind.Gzip, [_server.Serve("a", packed)]);
        await _downloader.DownloadAsync(remote, _folder.Path, null, default);
        Assert.That(File.ReadAllBytes(Final), Is.EqualTo(packed));

        var cutShort = remote with { Mirrors = [_server.Serve("b", packed[..^100])] };
        Assert.ThrowsAsync<EngineException>(() => _downloader.DownloadAsync(cutShort, _folder.Path, null, default));
    }

    internal static byte[] Gzip(byte[] content, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level)) gzip.Write(content);
        return packed.ToArray();
    }

    internal static string Sha(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static RemoteFile Remote(params string[] mirrors) => new("file.bin", Content.Length, Sha(Content), ContentKind.Plain, mirrors);

    private void AssertWhole()
    {
        Assert.That(File.ReadAllBytes(Final), Is.EqualTo(Content));
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(1), "the .part must be gone");
    }

    private sealed class Reports : List<FetchProgress>, IProgress<FetchProgress>
    {
        public Action<FetchProgress>? OnReport { get; init; }

        public void Report(FetchProgress value)
        {
            Add(value);
            OnReport?.Invoke(value);
        }
    }
}
