using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Compare;

/// <summary>One operation forward and backward, with the gradient of every input, from a given gradient of its result; captured from the second run on.</summary>
internal sealed class OpJob : OwnJob
{
    private readonly Context _context;
    private readonly StepProgram _step;

    /// <param name="flops">Of forward and backward together.</param>
    /// <param name="bytes">That must come from or go to memory, forward and backward together; 0 where caches hold all.</param>
    /// <param name="shapes">Of the inputs; their values are uniform in [-1, 1).</param>
    /// <param name="op">From the inputs to the result.</param>
    public OpJob(Device device, double flops, double bytes, Shape[] shapes, Func<Tensor[], Tensor> op) : base(device)
    {
        (Flops, Bytes) = (flops, bytes);
        _context = new Context(device, seed: 1);
        Tensor[] inputs = [.. shapes.Select((shape, i) => Uniform(shape, $"input {i}"))];
        foreach (var input in inputs) _context.Tape.RequireGradient(input);
        Tensor gradient;
        using (_context.BeginStep())
        using (_context.NoGradient())
            gradient = Uniform(op(inputs).Shape, "gradient of the result");
        _step = new StepProgram(_context, () => _context.Tape.BackwardFrom(op(inputs), gradient, []));
    }

    public override double Flops { get; }

    public override double Bytes { get; }

    public override void Run() => _step.Run();

    public override void Dispose()
    {
        _step.Dispose();
        _context.Dispose();
        base.Dispose();
    }

    private Tensor Uniform(Shape shape, string name) => _context.FromHost(RandomValues.Uniform(shape.Count, (ulong)shape.Count), shape, name);
}
