using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Pooling;
using GenEngine.Tests.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Pooling;

/// <summary>Max pooling against plain loops, bit for bit: values, places, and the gradient that follows the places.</summary>
[Parallelizable]
public sealed class MaxPoolTests
{
    [Test]
    public void Values_places_and_gradient([EachDevice] TestDevice which, [EachReal] DType dtype, [Values] bool accumulate)
    {
        var device = which.Open();
        foreach (var test in PoolCase.All)
        {
            double[] x = Arithmetic.Draw(dtype, test.Inputs, 1);
            for (int i = 0; i < x.Length; i += 3) x[i] = Math.Round(x[i]); // some are equal
            CheckCase(device, dtype, test, x, accumulate);
        }
    }

    [Test]
    public void A_nan_wins_and_an_infinity_may_lose_everything([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        foreach (var test in PoolCase.All)
        {
            double[] x = Arithmetic.Draw(dtype, test.Inputs, 2);
            for (int i = 0; i < x.Length; i++)
            {
                if (i % 7 == 0) x[i] = double.NaN;
                else if (i % 2 == 0) x[i] = double.NegativeInfinity;
            }

            CheckCase(device, dtype, test, x, false);
            CheckCase(device, dtype, test, [.. x.Select(_ => double.NegativeInfinity)], false);
        }
    }

    [Test]
    public void Of_equal_values_the_first_in_row_major_order_wins([EachDevice] TestDevice which)
    {
        var device = which.Open();
        using var x = new DeviceArray(device, DType.Float32, [1, 5, 5, 5, 0, 0, 0, 0, 2]);
        using var y = new DeviceArray(device, DType.Float32, 4);
        using var places = device.Put(new byte[4]);
        MaxPool.Forward(device, DType.Float32, x, y, places.All, 1, 3, 3, 1, PoolWindow.Square(2, 1));
        Assert.That(y.Read(), Is.EqualTo([5, 5, 5, 2]));
        Assert.That(places.Get<byte>(), Is.EqualTo(new byte[] { 1, 0, 0, 3 }));
    }

    [Test]
    public void Without_a_gradient_no_places_are_needed([EachDevice] TestDevice which)
    {
        var device = which.Open();
        var test = new PoolCase(2, 7, 5, 19, PoolWindow.Square(3, 2, 1));
        using var x = new DeviceArray(device, DType.Float32, Arithmetic.Draw(DType.Float32, test.Inputs, 3));
        using var y = new DeviceArray(device, DType.Float32, test.Outputs);
        MaxPool.Forward(device, DType.Float32, x, y, null, test.N, test.H, test.W, test.C, test.Window);
        double[] values = x.Read();
        DeviceArray.AssertSameBits(y.Read(), [.. test.Windows().Select(window => window.Taps.Max(tap => values[tap.Input]))], "y");
    }

    [Test]
    public void A_window_that_does_not_fit_is_refused_with_its_numbers()
    {
        var device = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1);
        using var all = new DeviceArray(device, DType.Float32, 1000);
        void Run(PoolWindow window, int n = 1, int h = 4, int w = 5, int c = 3) => MaxPool.Forward(device, DType.Float32, all, all, null, n, h, w, c, window);
        Assert.That(() => Run(PoolWindow.Square(5)), Throws.InstanceOf<EngineException>().With.Message.Contains("max_pool").And.Message.Contains("5x5").And.Message.Contains("4x5"));
        Assert.That(() => Run(PoolWindow.Square(2, padding: 2)), Throws.InstanceOf<EngineException>().With.Message.Contains("2x2"));
        Assert.That(() => Run(PoolWindow.Square(2, padding: -1)), Throws.InstanceOf<EngineException>());
        Assert.That(() => Run(PoolWindow.Square(0)), Throws.InstanceOf<EngineException>());
        Assert.That(() => Run(PoolWindow.Square(2, 0)), Throws.InstanceOf<EngineException>());
        Assert.That(() => Run(PoolWindow.Square(2), c: 0), Throws.InstanceOf<EngineException>());
        Assert.That(() => Run(PoolWindow.Square(2), n: 100), Throws.InstanceOf<EngineException>(), "the range is too short");
    }

    private static void CheckCase(Device device, DType dtype, PoolCase test, double[] values, bool accumulate)
    {
        double[] dyValues = Arithmetic.Draw(dtype, test.Outputs, 4), before = Arithmetic.Draw(dtype, test.Inputs, 5);
        double[] expected = new double[test.Outputs], gradient = new double[test.Inputs];
        int[] expectedPlaces = new int[test.Outputs];
        foreach (var (output, taps) in test.Windows())
        {
            var best = taps[0];
            foreach (var tap in taps)
            {
                if (values[tap.Input] > values[best.Input] || double.IsNaN(values[tap.Input])) best = tap;
            }

            expected[output] = values[best.Input];
            expectedPlaces[output] = best.Place;
            gradient[best.Input] = Arithmetic.Add(dtype, gradient[best.Input], dyValues[output]);
        }

        bool narrow = MaxPool.PlaceType(test.Window) == DType.UInt8;
        using var x = new DeviceArray(device, dtype, values);
        using var y = new DeviceArray(device, dtype, test.Outputs);
        using var dy = new DeviceArray(device, dtype, dyValues);
        using var dx = new DeviceArray(device, dtype, before);
        using var places = narrow ? device.Put(new byte[test.Outputs]) : device.Put(new int[test.Outputs]);
        MaxPool.Forward(device, dtype, x, y, places.All, test.N, test.H, test.W, test.C, test.Window);
        MaxPool.Backward(device, dtype, dy, places.All, dx, test.N, test.H, test.W, test.C, test.Window, accumulate);
        DeviceArray.AssertSameBits(y.Read(), expected, $"y of {test}");
        int[] got = narrow ? Array.ConvertAll(places.Get<byte>(), place => (int)place) : places.Get<int>();
        Assert.That(got, Is.EqualTo(expectedPlaces), $"places of {test}");
        DeviceArray.AssertSameBits(dx.Read(), Arithmetic.Onto(dtype, before, gradient, accumulate), $"dx of {test}");
    }
}
