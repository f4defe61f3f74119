namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// A recorded list, once or several times in a row, as an explicit graph: a node a launch, an edge where the declarations need an order, so that
/// launches that do not touch each other's memory run side by side, those of neighbouring rounds too. The driver keeps its own copy of the argument structs.
/// </summary>
internal sealed unsafe class CudaGraph : IGpuGraph
{
    private readonly CudaDriver _driver;
    private readonly GraphExecHandle? _executable;

    public CudaGraph(CudaDriver driver, LaunchRecorder recorder, int times)
    {
        _driver = driver;
        if (recorder.Launches.Count == 0) return; // nothing to replay
        using var graph = GraphHandle.Create();
        AddNodes(graph.Value, recorder, times);
        CudaException.Check(CudaApi.cuGraphInstantiateWithFlags(out nint executable, graph.Value, 0), $"{(times == 1 ? "a captured step" : $"{times} captured steps")} of {recorder.Launches.Count} launches");
        _executable = new GraphExecHandle(executable);
        try
        {
            driver.Upload(executable);
        }
        catch
        {
            _executable.Dispose();
            throw;
        }
    }

    public void Launch()
    {
        if (_executable is not null) _driver.LaunchGraph(_executable.Value);
    }

    public void Dispose()
    {
        if (_executable is null or { IsClosed: true }) return;
        _driver.Forget(this);
        _executable.Dispose();
    }

    private static void AddNodes(nint graph, LaunchRecorder recorder, int times)
    {
        int[][] edges = GraphEdges.Of(recorder, times);
        var nodes = new nint[edges.Length];
        var waits = new nint[edges.Max(list => list.Length)];
        for (int i = 0; i < nodes.Length; i++)
        {
            var launch = recorder.Launches[i % recorder.Launches.Count];
            for (int k = 0; k < edges[i].Length; k++) waits[k] = nodes[edges[i][k]];
            nodes[i] = AddNode(graph, launch, waits.AsSpan(0, edges[i].Length));
        }
    }

    private static nint AddNode(nint graph, in RecordedLaunch launch, ReadOnlySpan<nint> waits)
    {
        var kernel = (CudaKernel)((GpuLaunchTarget)launch.Kernel).Loaded;
        var shape = launch.Shape;
        kernel.AllowShared(shape.SharedBytes);
        void* parameter = (void*)launch.Args;
        var node = new CUDA_KERNEL_NODE_PARAMS
        {
            func = kernel.Function,
            gridDimX = (uint)shape.GridX,
            gridDimY = (uint)shape.GridY,
            gridDimZ = (uint)shape.GridZ,
            blockDimX = (uint)shape.BlockX,
            blockDimY = 1,
            blockDimZ = 1,
            sharedMemBytes = (uint)shape.SharedBytes,
            kernelParams = &parameter,
        };
        nint handle;
        fixed (nint* first = waits)
            CudaException.Check(CudaApi.cuGraphAddKernelNode(out handle, graph, first, (nuint)waits.Length, &node), CudaDriver.Say(launch.Name, shape));
        if (shape.Cooperative)
        {
            var value = new CUlaunchAttributeValue { cooperative = 1 };
            CudaException.Check(CudaApi.cuGraphKernelNodeSetAttribute(handle, CUlaunchAttributeID.COOPERATIVE, &value), launch.Name);
        }

        return handle;
    }
}
