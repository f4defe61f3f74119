using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using static System.FormattableString;

namespace GenEngine.Bench.Shapes;

/// <summary>Which pass of a convolution.</summary>
internal enum ConvPass
{
    Forward,
    Input,
    Filter,
    All,
}

/// <summary>One convolution: its forward pass, a gradient, or all three, by the engine's kernels.</summary>
internal sealed class ConvShape : ShapeJob
{
    private readonly ConvPlan _plan;
    private readonly ConvPass _pass;
    private readonly int _batch;
    private readonly bool _transposed;
    private readonly string _geometry;
    private readonly ConvProgram _there, _back;
    private readonly BufferRange _x, _w, _y;
    private readonly BufferRange? _dx, _dw, _scratch, _roomThere, _roomBack;

    /// <param name="plan">From x to y; of a transposed convolution an adjoint.</param>
    /// <param name="geometry">Kernel, stride and so on, for people.</param>
    public ConvShape(Device device, DType real, ConvPlan plan, int batch, ConvPass pass, string geometry) : base(device, real)
    {
        (_plan, _batch, _pass, _geometry, _transposed) = (plan, batch, pass, geometry, plan.FilterTransposed);
        (_there, _back) = (new ConvProgram(device, plan), new ConvProgram(device, plan.Adjoint()));
        _x = Uniform(batch * plan.Input.Count, "x");
        _w = Uniform(plan.FilterCount, "filter");
        _y = pass is ConvPass.Forward ? Empty(batch * plan.Output.Count, "y") : Uniform(batch * plan.Output.Count, "y");
        _roomThere = pass is ConvPass.Forward or ConvPass.All ? Scratch(Conv.ScratchBytes(device, real, _there, batch)) : null;
        if (pass is ConvPass.Input or ConvPass.All)
        {
            _dx = Empty(batch * plan.Input.Count, "dx");
            _roomBack = Scratch(Conv.ScratchBytes(device, real, _back, batch));
        }

        if (pass is not (ConvPass.Filter or ConvPass.All)) return;
        _dw = Empty(plan.FilterCount, "dw");
        _scratch = Scratch(ConvWeight.ScratchBytes(device, real, Convolution, batch));
    }

    public override string Name => Invariant($"{(_transposed ? "deconv" : "conv")}-{_batch}x{_plan.Input}-{_plan.Output.Channels}-{_pass.ToString().ToLowerInvariant()}");

    public override string Work => Invariant($"{(_transposed ? "transposed convolution" : "convolution")} {_geometry} of {_batch} images {_plan.Input} to {_plan.Output}, {Passes}");

    public override double Flops => 2.0 * _batch * _plan.Products * (_pass == ConvPass.All ? 3 : 1);

    private ConvProgram Convolution => _transposed ? _back : _there;

    private string Passes => _pass switch
    {
        ConvPass.Forward => "forward",
        ConvPass.Input => "gradient to the input",
        ConvPass.Filter => "gradient to the filter",
        _ => "forward and both gradients",
    };

    public override void Run()
    {
        if (_pass is ConvPass.Forward or ConvPass.All) Conv.Run(Device, Real, _there, _batch, _x, _w, _y, scratch: _roomThere);
        if (_dx is { } dx) Conv.Run(Device, Real, _back, _batch, _y, _w, dx, scratch: _roomBack);
        if (_dw is { } dw && _scratch is { } scratch) ConvWeight.Run(Device, Real, Convolution, _batch, _transposed ? _y : _x, _transposed ? _x : _y, dw, scratch);
    }

    public override void Dispose()
    {
        _there.Dispose();
        _back.Dispose();
        base.Dispose();
    }
}
