using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace GenEngine.Tests.Data;

/// <summary>An HTTP server on 127.0.0.1 that answers as a test says and remembers what it was asked.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, Action<HttpListenerContext>> _answers = new(StringComparer.Ordinal);
    private readonly Task _loop;

    public FileServer()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _loop = Task.Run(ServeAsync);
    }

    public string Address { get; }

    /// <summary>Path and Range header of every request, in order.</summary>
    public List<(string Path, string? Range)> Requests { get; } = [];

    /// <summary>Sets the answer for a path and returns its address.</summary>
    public string Serve(string path, Action<HttpListenerContext> answer)
    {
        _answers["/" + path] = answer;
        return Address + path;
    }

    /// <summary>Serves bytes as file servers do: whole, or from where the Range header says.</summary>
    public string Serve(string path, byte[] content, bool ranges = true) => Serve(path, context =>
    {
        int from = ranges ? From(context.Request) : 0;
        if (from > 0 && from >= content.Length)
        {
            context.Response.StatusCode = 416;
            return;
        }
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.AddHeader("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}");
        }
        context.Response.ContentLength64 = content.Length - from;
        context.Response.OutputStream.Write(content, from, content.Length - from);
    });

    public static int From(HttpListenerRequest request) =>
        request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;

    public void Dispose()
    {
        _listener.Close();
        _loop.Wait(TimeSpan.FromSeconds(5));
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            string path = context.Request.Url!.AbsolutePath;
            lock (Requests) Requests.Add((path, context.Request.Headers["Range"]));
            try
            {
                if (_answers.TryGetValue(path, out Action<HttpListenerContext>? answer)) answer(context);
                else context.Response.StatusCode = 404;
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // the client went away, or the answer was to break the connection
            }
        }
    }
}
