namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>The edges of a graph of recorded launches: those of <see cref="LaunchOrder"/>.</summary>
public static class GraphEdges
{
    /// <summary>
    /// For each launch the earlier launches that it waits for directly, ascending. A list that is gone through several times is numbered on:
    /// launch i of the second round is i plus the length of the list, and waits for launches of its own round and of those before alike.
    /// </summary>
    public static int[][] Of(LaunchRecorder recorder, int times = 1)
    {
        int each = recorder.Launches.Count;
        var order = new LaunchOrder();
        var edges = new int[checked(each * times)][];
        var uses = new List<MemoryUse>();
        for (int launch = 0; launch < edges.Length; launch++)
        {
            uses.Clear();
            foreach (ref readonly var access in recorder.AccessesOf(recorder.Launches[launch % each])) uses.Add(new MemoryUse(access.Range.Buffer, access.Range.Offset, access.Range.Bytes, access.Mode));
            edges[launch] = order.Add([.. uses]);
        }

        return edges;
    }
}
