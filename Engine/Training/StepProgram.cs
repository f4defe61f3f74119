using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu.Cuda;

namespace GenEngine;

/// <summary>
/// A step that runs again and again. Eager: the function runs each time. Captured: it runs once while lifetimes are watched, is
/// recorded once with the memory plan that follows from them, and from then on is replayed: a CUDA graph on cuda, the launch list elsewhere.
/// Several steps may be unrolled into one launch, see <see cref="Unrolling"/>. The bits are the same in every case.
/// </summary>
public sealed class StepProgram : IDisposable
{
    private readonly Context _context;
    private readonly Action _step;
    private readonly bool _captured;
    private int _unroll;
    private BlockLifetimes? _lifetimes;
    private LivenessPlan? _plan;
    private DeviceBuffer? _memory;
    private CapturedStep? _program;

    /// <param name="context">Where the step runs.</param>
    /// <param name="step">Forward, backward and update, inside a step that the program opens. What varies from step to step must live in device memory.</param>
    /// <param name="captured">Capture from the second run on.</param>
    /// <param name="unroll">Steps that <see cref="Run(int)"/> asks the device for at once: up to <see cref="Unrolling.Most"/>, or <see cref="Unrolling.Auto"/>.</param>
    /// <exception cref="EngineException">No such number can be unrolled.</exception>
    public StepProgram(Context context, Action step, bool captured = true, int unroll = Unrolling.Off)
    {
        _unroll = Unrolling.Checked(unroll);
        _context = context;
        _step = step;
        _captured = captured;
    }

    /// <summary>True once runs are replays.</summary>
    public bool IsCaptured => _program is not null;

    /// <summary>Bytes of intermediates under the plan; 0 before the capture.</summary>
    public long PlannedBytes => _plan?.PlannedBytes ?? 0;

    /// <summary>Bytes of intermediates without any reuse; 0 before the capture.</summary>
    public long UnplannedBytes => _plan?.UnplannedBytes ?? 0;

    /// <summary>Launches in one step; 0 before the capture.</summary>
    public int LaunchCount => _program?.LaunchCount ?? 0;

    /// <summary>Steps that the device is asked for at once where a run has as many: 1 before the capture, and one step longer where the number is chosen by the clock.</summary>
    public int Unrolled => _program?.Unrolled ?? 1;

    /// <summary>Runs one step.</summary>
    public void Run()
    {
        if (_program is not null)
        {
            if (_unroll == Unrolling.Auto && _context.Device.Probe is null) ReplayAndChoose();
            else _program.Replay();
        }
        else if (!_captured)
        {
            Eager();
        }
        else if (_lifetimes is null)
        {
            Observe();
        }
        else
        {
            Capture();
            if (_unroll == Unrolling.Auto && !Unrolling.PaysOn(_context.Device.Kind)) _unroll = Unrolling.Off;
            if (_unroll != Unrolling.Auto) Unroll(_unroll);
            _program!.Replay();
        }
    }

    /// <summary>Runs so many steps, <see cref="Unrolled"/> at a time where that fits and the rest one by one. The host sees nothing of what lies between.</summary>
    public void Run(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        for (; steps > 0 && (_program is null || _unroll == Unrolling.Auto); steps--) Run();
        if (steps > 0) _program!.Replay(steps);
    }

    public void Dispose()
    {
        _program?.Dispose();
        _memory?.Dispose();
    }

    /// <summary>The second replay, which finds code and weights where the first has brought them, is timed.</summary>
    private void ReplayAndChoose()
    {
        int steps = Unrolling.Choose(_context.Device.Time(_program!.Replay));
        _unroll = Unrolling.Off; // single steps, should the graph be refused
        try
        {
            Unroll(steps);
        }
        catch (CudaException e) when (e.IsOutOfMemory)
        {
            // nobody asked for it by name, and single steps need no more memory
        }
    }

    private void Unroll(int steps) => _program!.Unroll(Unrolling.Within(steps, LaunchCount));

    private void Eager()
    {
        try
        {
            using (_context.BeginStep()) _step();
        }
        catch
        {
            _context.AbandonStep();
            throw;
        }
    }

    private void Observe()
    {
        _context.Arena.Observe();
        try
        {
            Eager();
            _lifetimes = _context.Arena.FinishObserving();
        }
        catch
        {
            _context.Arena.CancelObserving();
            throw;
        }
    }

    private void PlanMemory()
    {
        const string Name = "planned step";
        _plan = LivenessPlan.Make(_lifetimes!, sideBySide: _context.Device.Kind != DeviceKind.Cpu);
        _memory = _context.Device.TryAllocate(Math.Max(_plan.PlannedBytes, 1), Name); // a step may have no intermediates
        if (_memory is not null) return;
        _plan = LivenessPlan.Make(_lifetimes!); // the least, whatever waits for it
        _memory = _context.Device.Allocate(_plan.PlannedBytes, Name);
    }

    private void Capture()
    {
        _context.Arena.Trim(); // the eager step's memory is not needed any more
        if (_memory is null) PlanMemory();
        _context.Arena.Follow(_plan!, _memory!);
        _context.Device.BeginCapture();
        try
        {
            Eager();
            _program = _context.Device.EndCapture();
        }
        catch
        {
            _context.Device.AbortCapture();
            throw;
        }
        finally
        {
            _context.Arena.StopFollowing();
        }
    }
}
