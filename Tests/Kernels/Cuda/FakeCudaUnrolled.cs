using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>Scenarios of several steps in one graph.</summary>
public static partial class FakeCudaScenarios
{
    private const int OutOfMemory = 2;

    public static void AnUnrolledGraphKeepsTheOrderAcrossItsSteps()
    {
        using var device = Open();
        using var x = Fill(device, [1, 2]);
        using var y = Fill(device, [10, 20]);
        using var z = Fill(device, [100, 200]);
        device.BeginCapture();
        RunAxpy(device, y, x, 1);                                                        // 0: y += x
        RunScale(device, x, 2, new LaunchShape(1, 1, 1, 32, 60_000, Cooperative: true)); // 1: x *= 2, when 0 has read it
        RunScale(device, z, 3);                                                          // 2: by itself
        using (var step = device.EndCapture())
        {
            Assert.That(FakeCuda.Edges, Is.EqualTo(new[] { (0, 1) }));
            step.Unroll(3);
            // a step's first launch waits for the x of the step before, whose y is then made; z has a chain of its own, beside the others
            Assert.That(FakeCuda.Edges.Skip(1), Is.EquivalentTo(new[] { (0, 1), (1, 3), (3, 4), (4, 6), (6, 7), (2, 5), (5, 8) }));
            Assert.That((FakeCuda.LaunchCount, FakeCuda.Live(FakeCuda.Kind.Graph), FakeCuda.Live(FakeCuda.Kind.Exec)), Is.EqualTo((0, 0, 2)));

            step.Replay(8);
            float[] hx = [1, 2], hy = [10, 20], hz = [100, 200];
            Advance(8);
            Assert.That((Read(x), Read(y), Read(z)), Is.EqualTo((hx, hy, hz)));
            Assert.That((FakeCuda.GraphCount, FakeCuda.LaunchCount), Is.EqualTo((2 + 2, 24)), "three and three at once, two one by one");
            Assert.That(Enumerable.Range(0, 24).Select(FakeCuda.Launch).Count(launch => launch.Cooperative && launch.SharedBytes == 60_000), Is.EqualTo(8));

            using (var profile = new LaunchProfile(device)) profile.Run(1, () => step.Replay(3));
            Advance(3);
            device.Synchronize();
            Assert.That((FakeCuda.GraphCount, FakeCuda.LaunchCount), Is.EqualTo((4, 33)), "watched launches are no graph");
            step.Unroll(2);
            step.Replay(2);
            Advance(2);
            step.Unroll(1);
            Assert.That(FakeCuda.Live(FakeCuda.Kind.Exec), Is.EqualTo(1));
            step.Replay(2);
            Advance(2);
            Assert.That(FakeCuda.GraphCount, Is.EqualTo(4 + 1 + 2));
            Assert.That((Read(x), Read(y), Read(z)), Is.EqualTo((hx, hy, hz)));
            step.Unroll(4);

            void Advance(int steps)
            {
                for (int i = 0; i < 2 * steps; i++)
                {
                    hy[i % 2] += hx[i % 2];
                    hx[i % 2] *= 2;
                    hz[i % 2] *= 3;
                }
            }
        }

        Assert.That(FakeCuda.Live(FakeCuda.Kind.Exec), Is.Zero);
    }

    public static void AnUnrolledGraphThatIsRefusedLeavesWhatWasThere()
    {
        using (var device = Open())
        {
            using var x = Fill(device, [1]);
            device.BeginCapture();
            RunScale(device, x, 2);
            using var step = device.EndCapture();
            step.Unroll(2);
            foreach (string function in (string[])["cuGraphCreate", "cuGraphAddKernelNode", "cuGraphInstantiateWithFlags", "cuGraphUpload"])
            {
                FakeCuda.Fail(function, OutOfMemory);
                var error = Assert.Throws<CudaException>(() => step.Unroll(3))!;
                Assert.That((error.IsOutOfMemory, step.Unrolled), Is.EqualTo((true, 2)), function);
                Assert.That(FakeCuda.Live(FakeCuda.Kind.Graph), Is.Zero, function);
            }

            step.Replay(5);
            Assert.That((Read(x)[0], FakeCuda.GraphCount), Is.EqualTo((32f, 3)));
        }

        ExpectNothingLeft();
    }

    public static void AProgramAsksForAsManyLaunchesAsItsStepsNeed()
    {
        using (var device = Open())
        using (var context = new Context(device))
        {
            using var x = Fill(device, [1]);
            using var y = Fill(device, [0]);
            using var program = Doubling(context, x, y, 4);
            program.Run(1 + 1 + 11);
            Assert.That((program.Unrolled, FakeCuda.GraphCount), Is.EqualTo((4, 1 + (2 + 3))), "one eager, one behind the capture, two fours and three");
            program.Run(8);
            Assert.That(FakeCuda.GraphCount, Is.EqualTo(6 + 2));
            Assert.That((Read(x)[0], Read(y)[0]), Is.EqualTo((MathF.Pow(2, 21), MathF.Pow(2, 21) - 1)));
        }

        ExpectNothingLeft();
    }

    public static void AProgramChoosesByTheClock()
    {
        foreach (var (milliseconds, unrolled) in ((float, int)[])[(0.01f, 32), (1, 8), (4, 2), (20, 1)])
        {
            using var device = Open();
            using var context = new Context(device);
            using var x = Fill(device, [1]);
            using var y = Fill(device, [0]);
            using var program = Doubling(context, x, y, Unrolling.Auto);
            FakeCuda.Times(milliseconds);
            program.Run(2);
            Assert.That((program.Unrolled, FakeCuda.TimesAsked), Is.EqualTo((1, 0)), "the replay behind the capture finds nothing warm");
            program.Run(18);
            int rest = 20 - 3;
            Assert.That(program.Unrolled, Is.EqualTo(unrolled));
            Assert.That(FakeCuda.GraphCount, Is.EqualTo(2 + (rest / unrolled) + (rest % unrolled)));
            int asked = FakeCuda.TimesAsked;
            program.Run(2);
            Assert.That(FakeCuda.TimesAsked, Is.EqualTo(asked), "once is enough");
            Assert.That((Read(x)[0], Read(y)[0]), Is.EqualTo((MathF.Pow(2, 22), MathF.Pow(2, 22) - 1)));
        }
    }

    public static void AChoiceThatTheGpuHasNoMemoryForIsNoError()
    {
        using var device = Open();
        using var context = new Context(device);
        using var x = Fill(device, [1]);
        using var y = Fill(device, [0]);
        using (var program = Doubling(context, x, y, Unrolling.Auto))
        {
            FakeCuda.Times(1);
            program.Run(2);
            FakeCuda.Fail("cuGraphInstantiateWithFlags", OutOfMemory);
            program.Run(10);
            Assert.That((program.Unrolled, FakeCuda.GraphCount, Read(x)[0]), Is.EqualTo((1, 11, MathF.Pow(2, 12))));
        }

        using var asked = Doubling(context, x, y, 4);
        asked.Run();
        FakeCuda.Fail("cuGraphUpload", OutOfMemory); // the graph of single steps
        Assert.That(asked.Run, Throws.TypeOf<CudaException>());
        asked.Run(9);
        Assert.That((asked.Unrolled, Read(x)[0]), Is.EqualTo((4, MathF.Pow(2, 22))), "captured anew");
    }

    /// <summary>A step that adds x to y and doubles x.</summary>
    private static StepProgram Doubling(Context context, DeviceBuffer x, DeviceBuffer y, int unroll) => new(context, () =>
    {
        var device = (GenEngine.Kernels.Devices.Gpu.GpuDevice)context.Device;
        RunAxpy(device, y, x, 1);
        RunScale(device, x, 2);
    }, captured: true, unroll);
}
