using GenEngine.Kernels;
using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>
/// How many steps a captured program asks the device for at once. On a GPU a launch of a graph costs the host some microseconds and leaves a gap of
/// some more behind the graph before it; steps of a tenth of a millisecond feel both. On the CPU and under the emulator a replay is a list of
/// launches, and there is nothing to gain.
/// </summary>
public static class Unrolling
{
    /// <summary>As many as pay off: see <see cref="Choose"/> on cuda, none elsewhere.</summary>
    public const int Auto = 0;

    /// <summary>Every step on its own.</summary>
    public const int Off = 1;

    /// <summary>The most that may be asked for; the host looks at the losses far more often than the ring of <see cref="LossHistory"/> is full.</summary>
    public const int Most = 32;

    /// <summary>Launches of an unrolled graph, at most: making it and holding it cost a share for each of them.</summary>
    public const int MostLaunches = 16_384;

    /// <summary>Milliseconds that the steps of one launch take, at most, when the number is chosen here: longer steps do not feel the launch, and whoever stops a training waits for no more.</summary>
    public const double MostMilliseconds = 10;

    /// <summary>The greatest power of two, up to <see cref="Most"/>, that keeps to <see cref="MostMilliseconds"/>: 32 for steps up to 0.3 ms, none for steps above 5 ms.</summary>
    /// <param name="milliseconds">Of one step, by the device's clock.</param>
    public static int Choose(double milliseconds)
    {
        int steps = Most;
        while (steps > 1 && !(steps * milliseconds <= MostMilliseconds)) steps /= 2;
        return steps;
    }

    /// <summary>As many of these steps as keep to <see cref="MostLaunches"/>, one at least.</summary>
    /// <param name="launches">Of one step.</param>
    public static int Within(int steps, int launches) => Math.Clamp(MostLaunches / Math.Max(launches, 1), 1, steps);

    /// <exception cref="EngineException">Neither <see cref="Auto"/> nor a number from 1 to <see cref="Most"/>.</exception>
    internal static int Checked(int unroll) =>
        unroll is >= Auto and <= Most ? unroll : throw new EngineException($"{unroll} steps at once: give a number from 1 to {Most}, or {Auto} to have it chosen.");

    internal static bool PaysOn(DeviceKind kind) => kind == DeviceKind.Cuda;
}
