using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace GenEngine.Files;

/// <summary>A whole file as read-only memory.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private MappedFile(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <summary>Maps an open file; null where that is not safe, on a network drive, or not possible: the file is empty or has become shorter, or the file system cannot do it.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="file">Stays the caller's.</param>
    /// <param name="size">Bytes that it is known to have.</param>
    public static MappedFile? TryOpen(string path, SafeFileHandle file, long size)
    {
        if (size == 0 || IsRemote(path)) return null;
        MemoryMappedFile? map = null;
        try
        {
            map = MemoryMappedFile.CreateFromFile(file, null, size, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return new MappedFile(map);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            map?.Dispose();
            return null;
        }
    }

    /// <summary>Values in the file; the caller has checked that they lie in it and are aligned.</summary>
    public ReadOnlySpan<T> Span<T>(long offset, int length) where T : unmanaged => new(_start + offset, length);

    public void Dispose()
    {
        if (_view.SafeMemoryMappedViewHandle.IsClosed) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static bool IsRemote(string path)
    {
        try
        {
            string full = Path.GetFullPath(path), drive = OperatingSystem.IsWindows() ? Path.GetPathRoot(full)! : full;
            return new DriveInfo(drive).DriveType == DriveType.Network;
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return true; // \\server\share, which has no letter
        }
    }
}
