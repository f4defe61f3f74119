using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>How far a file is. Total is null when the server does not say.</summary>
public sealed record FetchProgress(string File, string Mirror, long Received, long? Total);

/// <summary>
/// Downloads one file: into NAME.part beside its place, continued where an earlier try stopped, from one mirror after another,
/// checked, flushed, and only then renamed. Nothing but a checked file ever has the file's name.
/// </summary>
/// <param name="client">Must neither unpack nor time out; see <see cref="NewClient"/>.</param>
public sealed class Downloader(HttpClient client)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    private enum Outcome { Done, Broken, Refused, WrongContent }

    /// <summary>Tries a mirror when the connection breaks.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Wait between two tries.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A server that sends nothing for so long is given up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A client made for long downloads; HTTPS_PROXY and the like are honoured.</summary>
    public static HttpClient NewClient()
    {
        // a server that marks a .gz as "encoded" must not have it unpacked on the way
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(15),
            AutomaticDecompression = DecompressionMethods.None,
        };
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("GenEngine", null));
        return client;
    }

    /// <summary>Brings the file into the folder. When cancelled it leaves the .part for the next time.</summary>
    /// <exception cref="EngineException">
    /// No mirror gave the right file; the message says what each did and how to do it by hand.
    /// </exception>
    public async Task DownloadAsync(RemoteFile file, string folder, IProgress<FetchProgress>? progress, CancellationToken cancel)
    {
        string path = Path.Combine(folder, file.Name), part = path + ".part";
        var failures = new List<string>();
        try
        {
            Directory.CreateDirectory(folder);
            foreach (string mirror in file.Mirrors)
            {
                for (int attempt = 1; attempt <= Attempts; attempt++)
                {
                    bool continued = File.Exists(part);
                    (Outcome outcome, string why) = await TryAsync(file, mirror, part, progress, cancel);
                    if (outcome == Outcome.Done)
                    {
                        File.Move(part, path, overwrite: true);
                        return;
                    }
                    failures.Add($"\n  {mirror}: {why}");
                    // wrong content may come from the old half, so a continued file deserves a fresh try; a fresh one does not
                    if (outcome == Outcome.Refused || (outcome == Outcome.WrongContent && !continued)) break;
                    if (attempt < Attempts) await Task.Delay(Pause, cancel);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path} could not be written: {e.Message} Check the folder, its rights and the free space.", e);
        }
        string kept = File.Exists(part) ? $" What has arrived is kept in {part} and will be continued." : "";
        throw new EngineException(
            $"{file.Name} could not be fetched:{string.Concat(failures.Distinct())}\n" +
            $"Try again later.{kept} Or do it by hand: get {file.Name} from one of these addresses on any machine, put it into {folder}, " +
            "and run the same command again, which checks it.");
    }

    private async Task<(Outcome, string Why)> TryAsync(
        RemoteFile file, string mirror, string part, IProgress<FetchProgress>? progress, CancellationToken cancel)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, mirror);
            long have = File.Exists(part) ? new FileInfo(part).Length : 0;
            if (have > 0) request.Headers.Range = new RangeHeaderValue(have, null);
            using HttpResponseMessage response = await WithPatience(
                token => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), cancel);

            // "range not satisfiable": nothing is left to send, so the check below decides
            if (have == 0 || response.StatusCode != HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                HttpStatusCode status = response.StatusCode;
                if (!response.IsSuccessStatusCode)
                    return (IsPassing(status) ? Outcome.Broken : Outcome.Refused, $"{(int)status} {response.ReasonPhrase}");
                bool continues = status == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == have;
                if (status == HttpStatusCode.PartialContent && !continues)
                {
                    File.Delete(part);
                    return (Outcome.Broken, "it sent another part than the one asked for");
                }
                await ReceiveAsync(file, mirror, response.Content, part, continues ? have : 0, progress, cancel);
            }
        }
        catch (HttpRequestException e)
        {
            bool unreachable = e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            return (unreachable ? Outcome.Refused : Outcome.Broken, e.Message);
        }
        catch (Exception e) when (e is HttpIOException or TimeoutException)
        {
            return (Outcome.Broken, e.Message);
        }

        if (ContentHash.Of(part, file.Kind) == file.Sha256) return (Outcome.Done, "");
        File.Delete(part);
        return (Outcome.WrongContent, "what it sent has the wrong checksum");
    }

    private async Task ReceiveAsync(
        RemoteFile file, string mirror, HttpContent content, string part, long have,
        IProgress<FetchProgress>? progress, CancellationToken cancel)
    {
        long? total = have + content.Headers.ContentLength;
        await using Stream body = await content.ReadAsStreamAsync(cancel);
        await using var output = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        output.SetLength(have);
        output.Position = have;
        var buffer = new byte[1 << 17];
        long reported = 0;
        while (true)
        {
            int got = await WithPatience(async token =>
            {
                try
                {
                    return await body.ReadAsync(buffer, token);
                }
                catch (IOException e) when (e is not HttpIOException)
                {
                    throw new HttpIOException(HttpRequestError.Unknown, e.Message, e); // the network's, not the disk's
                }
            }, cancel);
            if (got == 0) break;
            await output.WriteAsync(buffer.AsMemory(0, got), cancel);
            have += got;
            if (Stopwatch.GetElapsedTime(reported) < ReportEvery) continue;
            progress?.Report(new FetchProgress(file.Name, mirror, have, total));
            reported = Stopwatch.GetTimestamp();
        }
        output.Flush(flushToDisk: true);
        progress?.Report(new FetchProgress(file.Name, mirror, have, total));
    }

    private async Task<T> WithPatience<T>(Func<CancellationToken, Task<T>> wait, CancellationToken cancel)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(Patience);
        try
        {
            return await wait(limited.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"it sent nothing for {Patience.TotalSeconds:0} seconds");
        }
    }

    /// <summary>Worth another try on the same mirror: a timeout, too many requests, a fault of the server.</summary>
    private static bool IsPassing(HttpStatusCode status) => (int)status is 408 or 429 or >= 500;
}
