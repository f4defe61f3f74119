using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cpu;

[TestFixture]
public sealed unsafe class WorkerPoolTests
{
    private struct CountState
    {
        public int* Runs;
        public int Parts;
        public int ThrowAt;
        public int Fault;
    }

    private static void Count(void* state, int part) => Interlocked.Increment(ref ((CountState*)state)->Runs[part]);

    [TestCase(1, 7)]
    [TestCase(2, 2)]
    [TestCase(2, 100)]
    [TestCase(5, 3)]
    [TestCase(16, 64)]
    public void EveryPartRunsOnce(int threads, int parts)
    {
        using var pool = new WorkerPool(threads);
        int* runs = stackalloc int[parts];
        new Span<int>(runs, parts).Clear();
        var state = new CountState { Runs = runs };
        int rounds = threads > Environment.ProcessorCount ? 300 : 5000;
        for (int round = 1; round <= rounds; round++)
        {
            pool.Run(&Count, &state, parts);
            for (int part = 0; part < parts; part++) Assert.That(runs[part], Is.EqualTo(round), $"part {part} in round {round}");
        }
    }

    /// <summary>Jobs of changing size and content one after another: a slow worker must never claim from, or work on, the wrong one.</summary>
    [TestCase(2)]
    [TestCase(16)]
    public void ALateWorkerNeverTouchesALaterJob(int threads)
    {
        using var pool = new WorkerPool(threads);
        var random = new Random(3);
        int* runs = stackalloc int[64];
        CountState* states = stackalloc CountState[2];
        for (int round = 0; round < 3000; round++)
        {
            int parts = random.Next(2, 64);
            new Span<int>(runs, 64).Clear();
            var state = states + round % 2;
            *state = new CountState { Runs = runs, Parts = parts };
            states[1 - round % 2].Parts = -1;
            pool.Run(&CountChecked, state, parts);
            for (int part = 0; part < 64; part++) Assert.That(runs[part], Is.EqualTo(part < parts ? 1 : 0));
            Assert.That(state->Fault, Is.Zero);
        }
    }

    private static void CountChecked(void* state, int part)
    {
        var count = (CountState*)state;
        if (part >= count->Parts) count->Fault = 1;
        Interlocked.Increment(ref count->Runs[part]);
    }

    [Test]
    public void WorkersTakePartsToo()
    {
        if (Environment.ProcessorCount < 2) Assert.Ignore("One processor: there need not be a worker in time.");
        using var pool = new WorkerPool(2);
        int* threads = stackalloc int[2];
        for (int attempt = 0; attempt < 100; attempt++)
        {
            pool.Run(&SlowPart, threads, 2);
            if (threads[0] != threads[1]) return;
        }

        Assert.Fail("In 100 jobs of two parts of a millisecond the worker never took one.");
    }

    private static void SlowPart(void* state, int part)
    {
        ((int*)state)[part] = Environment.CurrentManagedThreadId;
        Thread.Sleep(1);
    }

    private static WorkerPool? s_nested;

    [Test]
    public void AJobInsideAJobRunsOnItsCaller()
    {
        using var pool = s_nested = new WorkerPool(3);
        int* runs = stackalloc int[40];
        new Span<int>(runs, 40).Clear();
        pool.Run(&Outer, runs, 8);
        s_nested = null;
        for (int i = 0; i < 40; i++) Assert.That(runs[i], Is.EqualTo(1));
    }

    private static void Outer(void* state, int part)
    {
        var inner = new CountState { Runs = (int*)state + part * 5 };
        s_nested!.Run(&Count, &inner, 5);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(8)]
    public void AnExceptionOfAPartIsThrownOnTheCaller(int threads)
    {
        using var pool = new WorkerPool(threads);
        int* runs = stackalloc int[20];
        for (int round = 0; round < 20; round++)
        {
            new Span<int>(runs, 20).Clear();
            var state = new CountState { Runs = runs, ThrowAt = round % 10 + 5 };
            string? message = null;
            try
            {
                pool.Run(&Throwing, &state, 20);
            }
            catch (InvalidOperationException exception)
            {
                message = exception.Message;
            }

            Assert.That(message, Is.EqualTo($"part {state.ThrowAt}"), "the first part that failed");
            pool.Run(&Count, &state, 20); // and the pool works on
            Assert.That(runs[0], Is.EqualTo(2));
        }
    }

    private static void Throwing(void* state, int part)
    {
        Count(state, part);
        if (part >= ((CountState*)state)->ThrowAt) throw new InvalidOperationException($"part {part}");
    }

    [Test]
    public void DispatchesAllocateNothing()
    {
        using var pool = new WorkerPool(Math.Min(2, Environment.ProcessorCount));
        int* runs = stackalloc int[2];
        var state = new CountState { Runs = runs };
        for (int i = 0; i < 1000; i++) pool.Run(&Count, &state, 2);
        Thread.Sleep(20); // parked: the first dispatch below wakes the worker

        // the test runner's own threads allocate now and then; a dispatch that allocates does so in every round
        long least = long.MaxValue;
        for (int round = 0; round < 10 && least > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 100_000; i++) pool.Run(&Count, &state, 2);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.That(least, Is.Zero);
    }

    [Test]
    public void DisposeEndsTheWorkersAndIsFinal()
    {
        int* runs = stackalloc int[8];
        var state = new CountState { Runs = runs };
        for (int round = 0; round < 20; round++)
        {
            var pool = new WorkerPool(4);
            if (round % 2 == 0) pool.Run(&Count, &state, 8);
            if (round % 5 == 0) Thread.Sleep(5);
            pool.Dispose();
            pool.Dispose();
            Assert.Throws<ObjectDisposedException>(() => pool.Run(&Count, null, 8));
        }
    }

    private struct ScratchState
    {
        public byte* Memory;
        public int Faults;
    }

    private const int AThread = 20_000;

    /// <summary>Each part fills its thread's memory and finds it untouched afterwards: indices of parts that run side by side differ.</summary>
    [TestCase(1)]
    [TestCase(4)]
    public void ThreadIndicesOfRunningPartsDiffer(int threads)
    {
        using var pool = new WorkerPool(threads);
        var state = new ScratchState { Memory = (byte*)pool.Scratch(AThread * threads) };
        for (int round = 0; round < 60; round++) pool.Run(&FillAndCheck, &state, 32);
        Assert.That(state.Faults, Is.Zero);
    }

    private static void FillAndCheck(void* state, int part)
    {
        var scratch = (ScratchState*)state;
        var memory = new Span<byte>(scratch->Memory + WorkerPool.ThreadIndex * AThread, AThread);
        memory.Fill((byte)part);
        Thread.Yield();
        if (memory.IndexOfAnyExcept((byte)part) >= 0) Interlocked.Increment(ref scratch->Faults);
    }

    [Test]
    public void ScratchIsAlignedReusedAndGrows()
    {
        using var pool = new WorkerPool(2);
        nint small = (nint)pool.Scratch(100);
        Assert.That((nint)pool.Scratch(4000), Is.EqualTo(small));
        nint large = (nint)pool.Scratch(5 << 20);
        Assert.That((long)large % 4096, Is.Zero);
        new Span<byte>((void*)large, 5 << 20).Fill(1);
        Assert.That((nint)pool.Scratch(1), Is.EqualTo(large));
    }
}
