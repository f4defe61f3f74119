using System.CommandLine;
using System.Runtime.InteropServices;

namespace GenEngine.Bench;

/// <summary>
/// One run of a command: where it writes, and the token that Ctrl-C cancels. Signals are listened to only once a command asks for the
/// token, so that --help pays nothing.
/// </summary>
internal sealed class Invocation(CancellationToken stop) : InvocationConfiguration, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private CancellationTokenSource? _source;

    public bool StopRequested => stop.IsCancellationRequested || _source is { IsCancellationRequested: true };

    public CancellationToken Stop
    {
        get
        {
            if (stop.CanBeCanceled) return stop;
            if (_source is null) Listen();
            return _source!.Token;
        }
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _source?.Dispose();
    }

    private void Listen()
    {
        _source = new CancellationTokenSource();
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM]) _signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
    }

    // the first signal asks for a clean stop; a second one finds its default action: the process ends
    private void OnSignal(PosixSignalContext context)
    {
        if (_source!.IsCancellationRequested) return;
        context.Cancel = true;
        Error.WriteLine("Stopping after this step; once more to stop at once.");
        _source.Cancel();
    }
}
