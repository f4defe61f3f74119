using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>The checked build's knowledge of memory: which bytes were written, and the declared ranges of the launch that runs.</summary>
internal sealed unsafe class SimtShadow : IDisposable
{
    private readonly SimtRuntime _runtime;
    private readonly nint _shadow;
    private readonly List<nint> _names = [];
    private DeclaredRange[] _ranges = new DeclaredRange[16];

    public SimtShadow(SimtRuntime runtime)
    {
        _runtime = runtime;
        _shadow = runtime.NewShadow();
    }

    public bool Add(nint address, long bytes) => _runtime.AddAllocation(_shadow, (ulong)address, (ulong)bytes) != 0;

    public void Remove(nint address) => _runtime.RemoveAllocation(_shadow, (ulong)address);

    public void Uploaded(nint address, long bytes) => _runtime.Uploaded(_shadow, (ulong)address, (ulong)bytes);

    /// <summary>Runs a launch with its declarations in place.</summary>
    public byte* Launch(nint worker, SimtLaunch* launch, ReadOnlySpan<Access> accesses)
    {
        if (_ranges.Length < accesses.Length) _ranges = new DeclaredRange[accesses.Length];
        for (int i = 0; i < accesses.Length; i++)
        {
            ref readonly var access = ref accesses[i];
            nint name = Marshal.StringToCoTaskMemUTF8(access.Range.ToString());
            _names.Add(name);
            ulong begin = access.Range.Address;
            _ranges[i] = new DeclaredRange { Begin = begin, End = begin + (ulong)access.Range.Bytes, Name = (byte*)name, Mode = (uint)access.Mode };
        }

        try
        {
            fixed (DeclaredRange* ranges = _ranges)
            {
                launch->Shadow = _shadow;
                launch->Ranges = ranges;
                launch->RangeCount = (uint)accesses.Length;
                return _runtime.Launch(worker, launch);
            }
        }
        finally
        {
            foreach (nint name in _names) Marshal.FreeCoTaskMem(name);
            _names.Clear();
        }
    }

    public IReadOnlyList<AccessSite> Sites()
    {
        var native = new NativeAccessSite[1024];
        uint count;
        fixed (NativeAccessSite* room = native) count = _runtime.Counters(_shadow, room, (uint)native.Length);
        return [.. native.Take((int)count).Select(AccessSite.Of).OrderBy(site => site.File, StringComparer.Ordinal).ThenBy(site => site.Line)];
    }

    public void ForgetSites() => _runtime.ForgetCounters(_shadow);

    public void Dispose() => _runtime.FreeShadow(_shadow);
}

/// <summary>
/// What the accesses of one source line would cost a GPU, sampled by the checked build: a lint that needs no GPU.
/// </summary>
/// <param name="Kernel">File of the kernel that ran; File and Line may be in code that several kernels share.</param>
/// <param name="Access">read, write or atomic.</param>
/// <param name="Bytes">Of one lane's access.</param>
/// <param name="Requests">Warp-wide requests sampled.</param>
/// <param name="Cost">Shared memory: passes over the 32 banks. Global memory: 32-byte sectors.</param>
/// <param name="Ideal">The least that Cost could be for the same bytes: no bank conflict, all sectors full.</param>
public sealed record AccessSite(string Kernel, string File, int Line, bool Shared, string Access, int Bytes, long Requests, long Cost, long Ideal)
{
    /// <summary>1 is perfect; 32 is the worst for 4-byte accesses in one bank.</summary>
    public double Excess => (double)Cost / Ideal;

    public override string ToString() =>
        FormattableString.Invariant($"{File}:{Line} {(Shared ? "shared" : "global")} {Access} of {Bytes} bytes: {Cost} {(Shared ? "bank passes" : "sectors")} for {Requests} requests, {Excess:0.0#}x the least");

    internal static unsafe AccessSite Of(NativeAccessSite site) => new(
        Marshal.PtrToStringUTF8((nint)site.Kernel)!, Marshal.PtrToStringUTF8((nint)site.File)!, (int)site.Line, site.Shared != 0, site.How switch { 0 => "read", 1 => "write", _ => "atomic" },
        (int)site.Bytes, (long)site.Requests, (long)site.Cost, (long)site.Ideal);
}
