using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices;

/// <summary>One field of an argument block.</summary>
/// <param name="Offset">From the block's start, bytes.</param>
/// <param name="Value">As the launch passes it.</param>
public sealed record ArgumentValue(string Name, long Offset, object Value)
{
    /// <summary>Argument structs hold device addresses as ulong and nothing else so.</summary>
    public bool IsPointer => Value is ulong;

    /// <summary>The value for people: numbers in the invariant culture, addresses in hexadecimal.</summary>
    public string Text => Value switch
    {
        ulong address => "0x" + address.ToString("x", CultureInfo.InvariantCulture),
        IFormattable number when Value.GetType().IsPrimitive => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Value.GetType().Name,
    };
}

/// <summary>An argument block taken apart by reflection, for people and for checks; no launch goes through here.</summary>
public static unsafe class ArgumentBlock
{
    /// <summary>The fields of a struct in the order of their offsets.</summary>
    public static IReadOnlyList<FieldInfo> FieldsOf(Type type) =>
        [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(field => OffsetOf(type, field.Name))];

    /// <summary>A block's bytes as the struct that they are.</summary>
    public static object Box(Type type, ReadOnlySpan<byte> args)
    {
        fixed (byte* bytes = args)
            return typeof(ArgumentBlock).GetMethod(nameof(Read), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, [(nint)bytes])!;
    }

    /// <summary>The fields and values of a boxed block.</summary>
    public static IReadOnlyList<ArgumentValue> Fields(object block) =>
        [.. FieldsOf(block.GetType()).Select(field => new ArgumentValue(field.Name, OffsetOf(block.GetType(), field.Name), field.GetValue(block)!))];

    /// <summary>The extents of a launch in one line, "M=128 N=400 K=784": the block's whole numbers.</summary>
    public static string Extents(object block) => string.Join(' ', Fields(block).Where(field => field.Value is long or int).Select(field => $"{field.Name}={field.Text}"));

    private static object Read<T>(nint args) where T : unmanaged => Unsafe.ReadUnaligned<T>((void*)args);

#pragma warning disable CA1421 // argument structs are blittable: both layouts are one
    private static long OffsetOf(Type type, string field) => Marshal.OffsetOf(type, field).ToInt64();
#pragma warning restore CA1421
}
