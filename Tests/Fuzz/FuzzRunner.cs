using System.Diagnostics;
using System.Globalization;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Tests.Fuzz;

/// <summary>What came of many inputs of one target.</summary>
/// <param name="Refused">Inputs that were refused as they should be.</param>
/// <param name="MostBytes">The most that one input made its reader allocate.</param>
/// <param name="MostPerByte">The same for each byte of the input, beyond the target's constant.</param>
/// <param name="Defects">What should not have been, with the input's number.</param>
internal sealed record FuzzReport(string Target, long Inputs, long Refused, long MostBytes, double MostPerByte, double SlowestMs, IReadOnlyList<string> Defects)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Target,-16} {Inputs,8:N0} inputs, {Refused,8:N0} refused, at most {MostBytes / 1024.0,9:N0} KiB and {MostPerByte,7:F1} bytes a byte beyond the constant, slowest {SlowestMs,6:F1} ms, {Defects.Count} defects");
}

/// <summary>Reads mutated inputs and notes all that is neither a result nor a refusal. Input i of a target and a seed is always the same.</summary>
internal static class FuzzRunner
{
    private const int MostDefects = 20;

    /// <summary>An input that takes longer hangs; the process is ended, since no thread can be.</summary>
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(60);

    /// <param name="folder">Where inputs are written to; made when missing.</param>
    /// <param name="first">Number of the first input, to see one again.</param>
    public static FuzzReport Run(FuzzTarget target, string folder, ulong seed, long first, long count)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, target.FileName ?? "");
        using var watch = new Watch($"{target.Name}, seed {seed}");
        foreach (byte[] good in target.Corpus) Read(target, path, good); // types and tables are made before anything is measured
        ulong stream = 14695981039346656037;
        foreach (char letter in target.Name) stream = (stream ^ letter) * 1099511628211;

        var defects = new Dictionary<string, string>();
        long refused = 0, most = 0;
        double ratio = 0, slowest = 0;
        for (long i = first; i < first + count; i++)
        {
            var random = SplitMix64.Stream(seed, stream, (ulong)i);
            byte[] input = target.Mutate(ref random, target.Corpus[random.Next(target.Corpus.Count)]);
            if (target.FileName is not null) File.WriteAllBytes(path, input);
            watch.Begin(i);
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            Exception? thrown = null;
            try
            {
                target.Read(path, input);
            }
            catch (Exception e)
            {
                thrown = e;
            }

            double ms = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            watch.End();
            if (thrown is not null) refused++;
            slowest = Math.Max(slowest, ms);
            most = Math.Max(most, allocated);
            ratio = Math.Max(ratio, Math.Max(0, allocated - target.Constant) / (double)Math.Max(1, input.Length));
            if (Fault(target, path, thrown) is { } fault) defects.TryAdd(fault.Kind, $"{target.Name}, seed {seed}, input {i} of {input.Length} bytes: {fault.What}");
            if (allocated > target.Constant + (target.BytesPerByte * input.Length))
                defects.TryAdd("allocation", $"{target.Name}, seed {seed}, input {i} of {input.Length} bytes: {allocated} bytes allocated");
            if (defects.Count >= MostDefects) break;
        }

        return new FuzzReport(target.Name, count, refused, most, ratio, slowest, [.. defects.Values]);
    }

    private static void Read(FuzzTarget target, string path, byte[] input)
    {
        if (target.FileName is not null) File.WriteAllBytes(path, input);
        target.Read(path, input);
    }

    private static (string Kind, string What)? Fault(FuzzTarget target, string path, Exception? thrown)
    {
        if (thrown is null) return null;
        string where = thrown.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("GenEngine", StringComparison.Ordinal))?.Trim() ?? "";
        if (thrown is not (EngineException or PictureException)) return ($"{thrown.GetType().Name} {where}", $"{thrown.GetType().Name}: {thrown.Message}\n  {where}");
        string message = thrown.Message, folder = Path.GetDirectoryName(path)!;
        if (target.FileName is not null && !message.Contains(folder, StringComparison.Ordinal)) return ($"no file {where}", $"the refusal names no file: {message}");
        string rest = message.Replace(path, "", StringComparison.Ordinal).Replace(folder, "", StringComparison.Ordinal).Replace("''", "", StringComparison.Ordinal);
        return target.Place.IsMatch(rest) ? null : ($"no place {where}", $"the refusal names no offset and no field: {message}");
    }

    /// <summary>Ends the process, and says why, when one input takes for ever.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly Timer _timer;
        private readonly string _what;
        private long _input, _begun;

        public Watch(string what)
        {
            _what = what;
            _timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
        }

        public void Begin(long input)
        {
            _input = input;
            Volatile.Write(ref _begun, Stopwatch.GetTimestamp());
        }

        public void End() => Volatile.Write(ref _begun, 0);

        public void Dispose() => _timer.Dispose();

        private void Look()
        {
            long begun = Volatile.Read(ref _begun);
            if (begun == 0 || Stopwatch.GetElapsedTime(begun) < s_hang) return;
            string line = string.Create(CultureInfo.InvariantCulture, $"fuzz: {_what}, input {_input} hangs");
            Console.Error.WriteLine(line);
            Environment.FailFast(line);
        }
    }
}
