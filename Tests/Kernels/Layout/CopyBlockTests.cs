using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Layout;

/// <summary>Blocks of columns land where they should, add where they should, and leave their neighbours alone.</summary>
[TestFixtureSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))]
[Parallelizable]
public class CopyBlockTests(TestDevice which)
{
    private Device Target => which.Open();

    // rows, columns, xStride, xOffset, yStride, yOffset
    [TestCase(5, 3, 7, 2, 9, 1)]
    [TestCase(1, 1, 1, 0, 1, 0)]
    [TestCase(1, 70_000, 70_003, 1, 70_001, 1)]
    [TestCase(4, 6, 6, 0, 6, 0)]
    [TestCase(3, 5, 5, 0, 8, 3)]
    [TestCase(3, 5, 8, 3, 5, 0)]
    [TestCase(3000, 2, 3, 1, 2, 0)]
    [TestCase(70, 1000, 1200, 100, 1100, 99)]
    public void Copies_and_adds(int rows, int columns, int xStride, int xOffset, int yStride, int yOffset)
    {
        Check<byte>(DType.UInt8, (_, x) => x, false, i => (byte)(i * 7));
        Check<int>(DType.Int32, (_, x) => x, false, i => i * 7);
        Check<double>(DType.Float64, (_, x) => x, false, i => i * 0.7);
        Check<float>(DType.Float32, (y, x) => y + x, true, i => i * 0.7f);
        Check<double>(DType.Float64, (y, x) => y + x, true, i => i * 0.7);

        void Check<T>(DType dtype, Func<T, T, T> join, bool accumulate, Func<int, T> value) where T : unmanaged
        {
            T[] x = [.. Enumerable.Range(1, rows * xStride).Select(value)], y = [.. Enumerable.Range(5, rows * yStride).Select(value)];
            using var from = Target.Put(x);
            using var to = Target.Put(y);
            CopyBlock.Run(Target, dtype, from.All, to.All, rows, columns, xStride, xOffset, yStride, yOffset, accumulate);
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++)
                {
                    ref T target = ref y[(r * yStride) + yOffset + c];
                    target = join(target, x[(r * xStride) + xOffset + c]);
                }
            }

            Assert.That(to.Get<T>().AsSpan().SequenceEqual(y), $"{dtype} {(accumulate ? "added" : "copied")}");
        }
    }

    [Test]
    public void Source_and_target_may_be_stretches_of_one_buffer()
    {
        using var arena = Target.Put(Enumerable.Range(0, 64).Select(i => (float)i).ToArray());
        CopyBlock.Run(Target, DType.Float32, arena.Range(0, 64), arena.Range(128, 128), 1, 16, 16, 0, 32, 16);
        Assert.That(arena.Get<float>()[48..], Is.EqualTo(Enumerable.Range(0, 16).Select(i => (float)i)));
        Assert.That(() => CopyBlock.Run(Target, DType.Float32, arena.All, arena.All, 1, 16, 16, 0, 32, 8), Throws.InstanceOf<EngineException>(), "overlap");
    }

    [Test]
    public void What_does_not_fit_is_refused()
    {
        using var x = Target.Put(new float[20]);
        using var y = Target.Put(new float[20]);
        Assert.That(() => Run(2, 3, 4, 2, 10, 0), Throws.InstanceOf<EngineException>(), "past the row of x");
        Assert.That(() => Run(2, 3, 10, 0, 4, 2), Throws.InstanceOf<EngineException>(), "past the row of y");
        Assert.That(() => Run(3, 3, 10, 0, 4, 0), Throws.InstanceOf<EngineException>(), "past the end of x");
        Assert.That(
            () => CopyBlock.Run(Target, DType.Int32, x.All, y.All, 1, 1, 1, 0, 1, 0, accumulate: true), Throws.InstanceOf<EngineException>(), "integers do not add");

        void Run(int rows, int columns, int xStride, int xOffset, int yStride, int yOffset) =>
            CopyBlock.Run(Target, DType.Float32, x.All, y.All, rows, columns, xStride, xOffset, yStride, yOffset);
    }
}
