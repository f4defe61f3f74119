using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>
/// A step that runs again and again. Eager: the function runs each time. Captured: it runs once while lifetimes are watched, is
/// recorded once with the memory plan that follows from them, and from then on is replayed: a CUDA graph on cuda, the launch list elsewhere.
/// Either way each <see cref="Run"/> is one step and the bits are the same.
/// </summary>
public sealed class StepProgram : IDisposable
{
    private readonly Context _context;
    private readonly Action _step;
    private readonly bool _captured;
    private BlockLifetimes? _lifetimes;
    private LivenessPlan? _plan;
    private DeviceBuffer? _memory;
    private CapturedStep? _program;

    /// <param name="context">Where the step runs.</param>
    /// <param name="step">Forward, backward and update, inside a step that the program opens. What varies from step to step must live in device memory.</param>
    /// <param name="captured">Capture from the second run on.</param>
    public StepProgram(Context context, Action step, bool captured = true)
    {
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

    /// <summary>Launches in one replay; 0 before the capture.</summary>
    public int LaunchCount => _program?.LaunchCount ?? 0;

    /// <summary>Runs one step.</summary>
    public void Run()
    {
        if (_program is not null)
        {
            _program.Replay();
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
            _program!.Replay();
        }
    }

    public void Dispose()
    {
        _program?.Dispose();
        _memory?.Dispose();
    }

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

    private void Capture()
    {
        _context.Arena.Trim(); // the eager step's memory is not needed any more
        _plan ??= LivenessPlan.Make(_lifetimes!);
        _memory ??= _context.Device.Allocate(_plan.PlannedBytes, "planned step");
        _context.Arena.Follow(_plan, _memory);
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
