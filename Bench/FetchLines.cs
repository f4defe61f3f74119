using System.Diagnostics;
using GenEngine.Data;
using static System.FormattableString;

namespace GenEngine.Bench;

/// <summary>A download's progress: one line that is rewritten on a terminal, a line every tenth elsewhere.</summary>
internal sealed class FetchLines(Session session) : IProgress<FetchProgress>
{
    private readonly Stopwatch _watch = new();
    private string _file = "";
    private long _atStart;
    private long _tenths;
    private bool _open;

    public void Report(FetchProgress value)
    {
        if (value.File != _file)
        {
            End();
            (_file, _atStart, _tenths) = (value.File, value.Received, -1);
            _watch.Restart();
        }

        double seconds = _watch.Elapsed.TotalSeconds, rate = seconds > 0 ? (value.Received - _atStart) / seconds : 0;
        string line = $"  {value.File}: {Sizes.Bytes(value.Received)}";
        if (value.Total is { } total and > 0)
        {
            line += Invariant($" of {Sizes.Bytes(total)}, {100.0 * value.Received / total:F0} %");
            if (rate > 0) line += Invariant($", {TimeSpan.FromSeconds(Math.Ceiling((total - value.Received) / rate)):m\\:ss} left");
        }

        if (rate > 0) line += $", {Sizes.Bytes((long)rate)}/s";
        if (session.IsTerminal)
        {
            session.Out.Write("\r" + line.PadRight(100));
            _open = true;
        }
        else if (value.Total is { } all and > 0 && value.Received * 10 / all > _tenths)
        {
            _tenths = value.Received * 10 / all;
            session.Out.WriteLine(line);
        }
    }

    /// <summary>Closes the line that is being rewritten.</summary>
    public void End()
    {
        if (_open) session.Out.WriteLine();
        _open = false;
    }
}
