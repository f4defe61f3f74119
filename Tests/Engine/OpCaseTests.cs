using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Every op case on every device: value against float64, gradient against differences, the same bits twice.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
[Parallelizable]
public sealed class OpCaseTests(TestDevice target)
{
    private static IEnumerable<OpCase> All => OpCases.All;

    private static IEnumerable<OpCase> Differentiable => OpCases.All.Where(test => test.Differentiable);

    [TestCaseSource(nameof(All)), Category("value")]
    public void Float32_value_is_close_to_the_float64_reference(OpCase test)
    {
        var report = OpCaseRunner.CheckValue(test, target.Open());
        Assert.That(report.WorstUlps, Is.LessThanOrEqualTo(report.AllowedUlps), $"{report.Where}");
    }

    [TestCaseSource(nameof(Differentiable)), Category("gradient")]
    public void Gradient_equals_central_differences(OpCase test)
    {
        var report = OpCaseRunner.CheckGradient(test, target.Open());
        Assert.That(report.Passed, report.ToString());
    }

    [TestCaseSource(nameof(Differentiable)), Category("determinism")]
    public void Two_runs_give_the_same_bits(OpCase test)
    {
        Device device = target.Open();
        var first = OpCaseRunner.ForwardAndBackward(test, device, DType.Float32);
        var second = OpCaseRunner.ForwardAndBackward(test, device, DType.Float32);
        for (int i = 0; i < first.Count; i++) Assert.That(second[i], Is.EqualTo(first[i]), $"result {i}");
    }

    [TestCaseSource(nameof(Differentiable)), Category("determinism")]
    public void All_devices_give_the_bits_of_the_first(OpCase test)
    {
        var expected = OpCaseRunner.ForwardAndBackward(test, TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1), DType.Float32);
        var actual = OpCaseRunner.ForwardAndBackward(test, target.Open(), DType.Float32);
        for (int i = 0; i < expected.Count; i++) Assert.That(actual[i], Is.EqualTo(expected[i]), $"result {i}");
    }
}
