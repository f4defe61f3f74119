using System.Diagnostics;
using System.Globalization;
using GenEngine.Kernels;

namespace GenEngine.Bench.Compare;

/// <summary>The running peer: one question and one answer a line (see Bench/Peers/TorchSharp/Program.cs).</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;
    private readonly CancellationToken _stop;

    public PeerProcess(string program, CancellationToken stop)
    {
        _stop = stop;
        _process = Process.Start(Tuned(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true }))!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        string first = Read();
        if (!first.StartsWith("ready ", StringComparison.Ordinal)) throw new EngineException($"The peer {program} did not start: {first}");
        Description = first["ready ".Length..];
    }

    /// <summary>"TorchSharp 0.107.0, libtorch 2.10.0".</summary>
    public string Description { get; }

    /// <summary>Runs the peer's program once, for what is no measurement.</summary>
    /// <exception cref="EngineException">It failed: its last words.</exception>
    public static void Run(string program, CancellationToken stop, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(stop);
        string errors = process.StandardError.ReadToEndAsync(stop).GetAwaiter().GetResult();
        output.GetAwaiter().GetResult();
        process.WaitForExit();
        stop.ThrowIfCancellationRequested();
        if (process.ExitCode != 0) throw new EngineException($"The peer could not '{string.Join(' ', arguments)}': {errors.Trim()}");
    }

    /// <summary>
    /// An allocator that keeps and reuses large blocks, on huge pages: with libtorch's default every large temporary is fresh memory
    /// whose pages fault, and the peer would be up to four times slower.
    /// </summary>
    public static ProcessStartInfo Tuned(ProcessStartInfo start)
    {
        start.Environment["GLIBC_TUNABLES"] = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592";
        start.Environment["THP_MEM_ALLOC_ENABLE"] = "1";
        return start;
    }

    /// <summary>Median milliseconds of a job.</summary>
    public double Measure(string job, int threads, double seconds) =>
        double.Parse(Ask(string.Create(CultureInfo.InvariantCulture, $"measure {job} {threads} {seconds}")).Split(' ')[0], CultureInfo.InvariantCulture);


    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(2000)) _process.Kill();
        _process.Dispose();
    }

    private string Ask(string question)
    {
        _process.StandardInput.WriteLine(question);
        _process.StandardInput.Flush();
        string answer = Read();
        return answer.StartsWith("ok", StringComparison.Ordinal) ? answer[2..].Trim() : throw new EngineException($"The peer could not '{question}': {answer}");
    }

    private string Read()
    {
        if (_process.StandardOutput.ReadLine() is { } line) return line;
        _stop.WaitHandle.WaitOne(500); // Ctrl-C ends the peer too, perhaps before this process hears of it
        _stop.ThrowIfCancellationRequested();
        throw new EngineException("The peer ended unexpectedly.");
    }
}
