using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenEngine.Peers.TorchSharp;

/// <summary>One named piece of work that is run again and again.</summary>
internal interface IJob : IDisposable
{
    void Run();
}

internal static class Jobs
{
    /// <summary>Names are those of 'genengine compare'; gemm-MxNxK is C[m,n] = A[m,k] B[k,n].</summary>
    public static IJob Create(string name) => name switch
    {
        "gemm-1024" => new GemmJob(1024, 1024, 1024),
        "adam-10m" => new AdamJob(),
        "muladd-16m" => new MultiplyAddJob(oneKernel: false),
        "addcmul-16m" => new MultiplyAddJob(oneKernel: true),
        _ when (OpJobs.Create(name) ?? StepJobs.Create(name) ?? SampleJobs.Create(name)) is { } job => job,
        "step-vae" => new VaeStepJob(),
        _ when name.StartsWith("gemm-", StringComparison.Ordinal) && Extents(name[5..]) is [var m, var n, var k] => new GemmJob(m, n, k),
        _ => throw new ArgumentException($"no job '{name}'"),
    };

    private static long[] Extents(string text) => Array.ConvertAll(text.Split('x'), part => long.Parse(part, CultureInfo.InvariantCulture));
}

internal sealed class GemmJob(long m, long n, long k) : IJob
{
    private readonly Tensor _a = randn(m, k);
    private readonly Tensor _b = randn(k, n);

    public void Run()
    {
        using var _ = no_grad();
        using var c = _a.mm(_b);
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }
}

/// <summary>x*y+z over 16 Mi floats: as the expression, a product and a sum, or as one kernel (addcmul) for who knows of it.</summary>
internal sealed class MultiplyAddJob(bool oneKernel) : IJob
{
    private const long Count = 16 * 1024 * 1024;
    private readonly Tensor _x = randn(Count);
    private readonly Tensor _y = randn(Count);
    private readonly Tensor _z = randn(Count);

    public void Run()
    {
        using var _ = no_grad();
        if (oneKernel)
        {
            using var fused = _z.addcmul(_x, _y, 1);
            return;
        }

        using var product = _x * _y;
        using var sum = product + _z;
    }

    public void Dispose()
    {
        _x.Dispose();
        _y.Dispose();
        _z.Dispose();
    }
}

/// <summary>One Adam step over 10 million parameters in 40 tensors.</summary>
internal sealed class AdamJob : IJob
{
    private readonly Parameter[] _parameters = [.. Enumerable.Range(0, 40).Select(_ => new Parameter(randn(500, 500) * 0.05))];
    private readonly optim.Optimizer _optimizer;

    public AdamJob()
    {
        foreach (var parameter in _parameters) parameter.grad = randn(500, 500) * 0.01;
        _optimizer = optim.Adam(_parameters, 1e-3);
    }

    public void Run()
    {
        using var scope = NewDisposeScope();
        _optimizer.step();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (var parameter in _parameters) parameter.Dispose();
    }
}
