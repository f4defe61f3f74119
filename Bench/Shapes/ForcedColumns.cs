using GenEngine.Kernels.Columns;

namespace GenEngine.Bench.Shapes;

/// <summary>The kernel that samplers of this thread take: so many images a block, or a team; neither lets launchers choose.</summary>
internal sealed record ForcedColumns(int? Images, (TeamKind Kind, int Images)? Team)
{
    /// <summary>Until what it returns is disposed.</summary>
    public IDisposable Take()
    {
        (ColumnsGpu.ForcedImages, ColumnTeamGpu.Forced) = (Images, Team);
        return new Back();
    }

    private sealed class Back : IDisposable
    {
        public void Dispose() => (ColumnsGpu.ForcedImages, ColumnTeamGpu.Forced) = (null, null);
    }
}
