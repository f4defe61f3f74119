namespace GenEngine.Kernels.Devices;

/// <summary>One launch of a profile.</summary>
/// <param name="Step">Number of the step it ran in.</param>
/// <param name="Extents">The whole numbers of its argument block.</param>
/// <param name="Work">Bytes and arithmetic.</param>
/// <param name="Start">Microseconds after the profile began.</param>
/// <param name="End">Microseconds after the profile began.</param>
public sealed record ProfiledLaunch(
    long Step, LaunchLabel Label, string Kernel, LaunchShape Shape, string Extents, LaunchWork Work, double Start, double End);

/// <summary>A step of a profile; times as in <see cref="ProfiledLaunch"/>.</summary>
public sealed record ProfiledStep(long Step, double Start, double End);

/// <summary>
/// Times every launch that a device runs, eager or replayed. A captured step is replayed launch by launch while a profile watches: the
/// bits are the same, the time between launches is not that of a graph.
/// </summary>
public sealed unsafe class LaunchProfile : ILaunchProbe, IDisposable
{
    private readonly Device _device;
    private readonly LaunchClock _clock;
    private readonly List<Entry> _entries = [];
    private readonly List<(long Step, int Start, int End)> _steps = [];
    private long _step;

    public LaunchProfile(Device device)
    {
        _device = device;
        _clock = device.CreateClock();
        _clock.Stamp();
    }

    /// <summary>Runs some work as one step and times its launches.</summary>
    /// <exception cref="InvalidOperationException">Somebody else watches the device's launches.</exception>
    public void Run(long step, Action work)
    {
        if (_device.Probe is not null) throw new InvalidOperationException("The device's launches are watched already.");
        _step = step;
        _device.Probe = this;
        try
        {
            int start = _clock.Stamp();
            work();
            _steps.Add((step, start, _clock.Stamp()));
        }
        finally
        {
            _device.Probe = null;
        }
    }

    /// <summary>The steps so far; waits for their work.</summary>
    public IReadOnlyList<ProfiledStep> Steps => [.. _steps.Select(step => new ProfiledStep(step.Step, _clock.At(step.Start), _clock.At(step.End)))];

    /// <summary>The launches so far, in the order in which they ran; waits for them.</summary>
    public IReadOnlyList<ProfiledLaunch> Launches => [.. _entries.Select(Read)];

    void ILaunchProbe.Begin(in LaunchNote launch)
    {
        // taken apart when it is read: reflection takes longer than most launches
        byte[] args = [.. new ReadOnlySpan<byte>(launch.Args, launch.ArgBytes)];
        _entries.Add(new Entry(_step, launch.Label, launch.Kernel, launch.Shape, launch.ArgsType, args, [.. launch.Accesses], _clock.Stamp()));
    }

    void ILaunchProbe.End() => _entries[^1].End = _clock.Stamp();

    public void Dispose() => _clock.Dispose();

    private ProfiledLaunch Read(Entry entry)
    {
        object block = ArgumentBlock.Box(entry.ArgsType, entry.Args);
        return new ProfiledLaunch(
            entry.Step, entry.Label, entry.Kernel, entry.Shape, ArgumentBlock.Extents(block), LaunchWork.Of(block, entry.Accesses),
            _clock.At(entry.Start), _clock.At(entry.End));
    }

    private sealed record Entry(long Step, LaunchLabel Label, string Kernel, LaunchShape Shape, Type ArgsType, byte[] Args, Access[] Accesses, int Start)
    {
        public int End { get; set; } = Start;
    }
}
