namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>A device that runs the CUDA sources: an NVIDIA GPU or the emulator, behind one seam.</summary>
public sealed unsafe class GpuDevice : Device
{
    /// <summary>Compute capability times ten that has TF32, BF16 and asynchronous copies.</summary>
    private const int TensorCoreArch = 80;

    private readonly Dictionary<GpuKernel, GpuLaunchTarget> _loaded = [];
    private readonly Func<GpuKernel, GpuKernel>? _substitute;
    private Precision _precision;

    /// <param name="driver">A GPU or the emulator; disposed with the device.</param>
    /// <param name="substitute">
    /// What to run in place of a variant, itself where it stays: a user's kernel in place of the engine's. It is launched as the variant
    /// would be: the same grid, block, argument block and declared accesses.
    /// </param>
    public GpuDevice(IGpuDriver driver, Func<GpuKernel, GpuKernel>? substitute = null)
    {
        Driver = driver;
        _substitute = substitute;
        Tuner = Autotune.For(driver);
    }

    /// <summary>The GPU or the emulator; disposed with the device.</summary>
    public IGpuDriver Driver { get; }

    /// <summary>Chooses tiles by measurement; null on the emulator and with GENENGINE_AUTOTUNE=off.</summary>
    public Autotune? Tuner { get; init; }

    public override DeviceKind Kind => Driver.Kind;

    public override string Description => Precision == Precision.Float32 ? Driver.Description : $"{Driver.Description}, {Precision.Name()}";

    /// <summary>What float32 products and convolutions compute in; launchers read it at each launch, and a captured step keeps what it was.</summary>
    /// <exception cref="EngineException">The GPU has no such tensor cores.</exception>
    public Precision Precision
    {
        get => _precision;
        set
        {
            if (value != Precision.Float32 && Driver.Arch < TensorCoreArch)
                throw new EngineException($"{value.Name()} needs tensor cores of compute capability 8.0 (Ampere) or newer; {Driver.Description} has {Driver.Arch / 10}.{Driver.Arch % 10}. Use float32.");
            _precision = value;
        }
    }

    /// <summary>Variants loaded so far.</summary>
    public IReadOnlyCollection<GpuKernel> LoadedKernels => _loaded.Keys;

    /// <summary>Runs a kernel, or records it during a capture.</summary>
    public void Launch<TArgs>(GpuKernel kernel, LaunchShape shape, ref TArgs args, ReadOnlySpan<Access> accesses) where TArgs : unmanaged
    {
        if (kernel.ArgsType != typeof(TArgs)) throw new ArgumentException($"{kernel} takes {kernel.ArgsType.Name}, not {typeof(TArgs).Name}.");
        Announce(kernel.Name, accesses);
        var target = Target(kernel);
        fixed (TArgs* block = &args)
        {
            if (Recorder is { } recorder)
            {
                recorder.Add(target, kernel.Name, shape, typeof(TArgs), block, sizeof(TArgs), accesses);
                return;
            }

            Probe?.Begin(new LaunchNote { Kernel = kernel.Name, Label = Label, Shape = shape, ArgsType = typeof(TArgs), Args = block, ArgBytes = sizeof(TArgs), Accesses = accesses });
            Driver.Launch(target.Loaded, target.Kernel, shape, block, sizeof(TArgs), accesses);
            Probe?.End();
        }
    }

    /// <summary>Milliseconds of so many launches of a kernel, one after another; for tuning, so it is neither announced nor recorded.</summary>
    public float Time<TArgs>(GpuKernel kernel, LaunchShape shape, TArgs args, int launches) where TArgs : unmanaged
    {
        if (!Driver.CanTime) throw new NotSupportedException($"{kernel} cannot be timed on {Driver.Kind.Name()}: its time says nothing of a GPU's.");
        if (Recorder is not null) throw new InvalidOperationException($"{kernel} cannot be timed while a step is being captured.");
        var target = Target(kernel);
        return (float)Time(() =>
        {
            TArgs copy = args;
            for (int i = 0; i < launches; i++) Driver.Launch(target.Loaded, target.Kernel, shape, &copy, sizeof(TArgs), []);
        });
    }

    /// <summary>Compiles these variants side by side ahead of their first launch.</summary>
    public void Prefetch(IReadOnlyCollection<GpuKernel> kernels) => Driver.Prefetch(kernels);

    public override LaunchClock CreateClock() => Driver.CreateClock();

    public override void Synchronize() => Driver.Synchronize();

    protected override nint AllocateCore(long bytes) => Driver.Allocate(bytes);

    protected override void FreeCore(nint address, long bytes) => Driver.Free(address, bytes);

    protected override void UploadCore(ReadOnlySpan<byte> source, BufferRange target) => Driver.Upload(source, (nint)target.Address);

    protected override void DownloadCore(BufferRange source, Span<byte> target) => Driver.Download((nint)source.Address, target);

    protected override CapturedStep Instantiate(LaunchRecorder recorder) => new GpuCapturedStep(recorder, Driver, Driver.CreateGraph(recorder, 1));

    protected override void DisposeCore() => Driver.Dispose();

    private GpuLaunchTarget Target(GpuKernel kernel)
    {
        if (_loaded.TryGetValue(kernel, out var target)) return target;
        var run = _substitute?.Invoke(kernel) ?? kernel;
        return _loaded[kernel] = new GpuLaunchTarget(run, Driver.Load(run));
    }

    private sealed class GpuCapturedStep(LaunchRecorder recorder, IGpuDriver driver, IGpuGraph graph) : CapturedStep(recorder)
    {
        private IGpuGraph? _unrolled;

        protected override void ReplayCore() => graph.Launch();

        protected override void ReplayUnrolled() => _unrolled!.Launch();

        protected override void UnrollCore(int times)
        {
            var made = times == 1 ? null : driver.CreateGraph(Recorder, times);
            _unrolled?.Dispose();
            _unrolled = made;
        }

        protected override void Run(in RecordedLaunch launch)
        {
            var target = (GpuLaunchTarget)launch.Kernel;
            driver.Launch(target.Loaded, target.Kernel, launch.Shape, (void*)launch.Args, launch.ArgBytes, Recorder.AccessesOf(launch));
        }

        protected override void DisposeCore()
        {
            _unrolled?.Dispose();
            graph.Dispose();
        }
    }
}
