using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices;

/// <summary>
/// The list of launches that a captured step is made of: kernel, packed argument block, declared accesses.
/// Argument blocks live in native memory that does not move, so a replay copies nothing.
/// </summary>
public sealed unsafe class LaunchRecorder : IDisposable
{
    private const int BlockBytes = 64 * 1024;
    private readonly List<nint> _blocks = [];
    private readonly List<Access> _accesses = [];
    private int _used = BlockBytes;

    internal LaunchRecorder(Device device) => Device = device;

    /// <summary>The device whose launches are recorded.</summary>
    public Device Device { get; }

    /// <summary>The launches in the order in which they were asked for.</summary>
    public List<RecordedLaunch> Launches { get; } = [];

    /// <summary>Copies the arguments and the declarations of one launch to the end of the list.</summary>
    /// <param name="kernel">Device-specific: what to run.</param>
    /// <param name="argsType">The struct of the argument block.</param>
    public void Add(object kernel, string name, LaunchShape shape, Type argsType, void* args, int argBytes, ReadOnlySpan<Access> accesses)
    {
        int size = (argBytes + 15) & ~15;
        if (size > BlockBytes) throw new ArgumentOutOfRangeException(nameof(argBytes), $"{name}: an argument block of {argBytes} bytes is too large.");
        if (_used + size > BlockBytes)
        {
            _blocks.Add((nint)NativeMemory.AlignedAlloc(BlockBytes, 64));
            _used = 0;
        }

        var copy = (byte*)_blocks[^1] + _used;
        _used += size;
        Buffer.MemoryCopy(args, copy, size, argBytes);
        int first = _accesses.Count;
        foreach (var access in accesses) _accesses.Add(access);
        Launches.Add(new RecordedLaunch(kernel, name, shape, (nint)copy, argBytes, first, accesses.Length, argsType, Device.Label));
    }

    /// <summary>The declarations of a launch of this list.</summary>
    public ReadOnlySpan<Access> AccessesOf(in RecordedLaunch launch) =>
        CollectionsMarshal.AsSpan(_accesses).Slice(launch.FirstAccess, launch.AccessCount);

    /// <summary>All declarations, in order.</summary>
    public ReadOnlySpan<Access> Accesses => CollectionsMarshal.AsSpan(_accesses);

    public void Dispose()
    {
        foreach (nint block in _blocks) NativeMemory.AlignedFree((void*)block);
        _blocks.Clear();
        Launches.Clear();
        _used = BlockBytes;
    }
}

/// <summary>One entry of a <see cref="LaunchRecorder"/>. <see cref="Args"/> points to native memory that the recorder owns.</summary>
public readonly record struct RecordedLaunch(object Kernel, string Name, LaunchShape Shape, nint Args, int ArgBytes, int FirstAccess, int AccessCount, Type ArgsType, LaunchLabel Label);

/// <summary>Grid and block of a GPU launch; all zeros on the CPU.</summary>
/// <param name="SharedBytes">Dynamic shared memory, bytes.</param>
/// <param name="Cooperative">All blocks must be resident at once (grid barriers).</param>
public readonly record struct LaunchShape(int GridX, int GridY, int GridZ, int BlockX, int SharedBytes = 0, bool Cooperative = false)
{
    /// <summary>So many blocks along x, without dynamic shared memory.</summary>
    /// <exception cref="OverflowException">More blocks than an int holds.</exception>
    public static LaunchShape Linear(long blocks, int threads) => new(checked((int)blocks), 1, 1, threads);
}

/// <summary>
/// A recorded step that can be run again and again. It refuses to run when memory it uses was freed since.
/// </summary>
public abstract class CapturedStep : IDisposable
{
    private readonly DeviceBuffer[] _buffers;

    protected CapturedStep(LaunchRecorder recorder)
    {
        Recorder = recorder;
        var seen = new HashSet<DeviceBuffer>();
        foreach (var access in recorder.Accesses) seen.Add(access.Range.Buffer);
        _buffers = [.. seen];
    }

    /// <summary>The recorded launches; owned, and disposed with the step.</summary>
    protected LaunchRecorder Recorder { get; }

    /// <summary>Launches in one replay of one step.</summary>
    public int LaunchCount => Recorder.Launches.Count;

    /// <summary>Steps that <see cref="Replay(int)"/> asks the device for at once; 1 before <see cref="Unroll"/>.</summary>
    public int Unrolled { get; private set; } = 1;

    /// <summary>
    /// Makes so many steps in a row one piece of work for the device: one graph on cuda, whose edges across the steps' borders come from the same
    /// declarations as those within. Elsewhere there is nothing to make. The bits are those of single steps.
    /// </summary>
    /// <param name="times">1 goes back to single steps.</param>
    /// <exception cref="EngineException">The device cannot make it; what could be replayed before still can.</exception>
    public void Unroll(int times)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(times);
        if (times == Unrolled) return;
        UnrollCore(times);
        Unrolled = times;
    }

    /// <summary>Names of the launches, in order.</summary>
    public IEnumerable<string> LaunchNames => Recorder.Launches.Select(launch => launch.Name);

    /// <summary>Runs the whole step once more, in order with other work on the device.</summary>
    /// <exception cref="EngineException">The capture is stale: memory it uses was freed.</exception>
    public void Replay() => Replay(1);

    /// <summary>Runs the step so many times: unrolled as often as that fits, the rest one by one.</summary>
    /// <exception cref="EngineException">The capture is stale: memory it uses was freed.</exception>
    public void Replay(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        foreach (var buffer in _buffers)
        {
            if (buffer.IsDisposed)
                throw new EngineException($"A captured step uses '{buffer.Name}', which was freed after the capture; capture the step again.");
        }

        if (Recorder.Device.Recorder is not null) throw new EngineException("A captured step cannot be replayed inside another capture.");
        if (Recorder.Device.Probe is { } probe)
        {
            for (; steps > 0; steps--) ReplayFor(probe);
            return;
        }

        for (; Unrolled > 1 && steps >= Unrolled; steps -= Unrolled) ReplayUnrolled();
        for (; steps > 0; steps--) ReplayCore();
    }

    public void Dispose()
    {
        DisposeCore();
        Recorder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs or queues all launches once; the memory they use has been checked.</summary>
    protected abstract void ReplayCore();

    /// <summary>Runs or queues the list <see cref="Unrolled"/> times; one by one unless overridden.</summary>
    protected virtual void ReplayUnrolled()
    {
        for (int i = 0; i < Unrolled; i++) ReplayCore();
    }

    /// <summary>Makes what <see cref="ReplayUnrolled"/> needs in place of what it needed so far; when it throws, that is still there. Nothing unless overridden.</summary>
    /// <param name="times">1 for no more of it.</param>
    protected virtual void UnrollCore(int times) { }

    /// <summary>Runs one launch of the list.</summary>
    protected abstract void Run(in RecordedLaunch launch);

    /// <summary>Frees what the device made of the recording; called before the recorder is disposed. Nothing unless overridden.</summary>
    protected virtual void DisposeCore() { }

    // one by one in the order of the list, which every graph allows
    private unsafe void ReplayFor(ILaunchProbe probe)
    {
        foreach (var launch in Recorder.Launches)
        {
            probe.Begin(new LaunchNote
            {
                Kernel = launch.Name,
                Label = launch.Label,
                Shape = launch.Shape,
                ArgsType = launch.ArgsType,
                Args = (void*)launch.Args,
                ArgBytes = launch.ArgBytes,
                Accesses = Recorder.AccessesOf(launch),
            });
            Run(launch);
            probe.End();
        }
    }
}
