using NUnit.Framework;
using NUnit.Framework.Internal;

[assembly: GenEngine.Tests.TestWorkers]

namespace GenEngine.Tests;

/// <summary>
/// How many <see cref="ParallelizableAttribute"/> fixtures run at once. Where there is a GPU, one: while a thread captures on it, no other may allocate there. All other fixtures run alone, behind them.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TestWorkersAttribute() : PropertyAttribute(PropertyNames.LevelOfParallelism, Count)
{
    // each worker has devices of its own, with some hundred megabytes of emulated lanes' stacks and kernels
    private const int Most = 8;

    private static int Count => TestDevices.CudaMissingReason is null ? 1 : Math.Min(Environment.ProcessorCount, Most);
}
