using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>A loaded variant.</summary>
internal sealed unsafe class SimtModule
{
    public SimtModule(GpuKernel kernel, string library)
    {
        nint handle = NativeLibrary.Load(library);
        if (!NativeLibrary.TryGetExport(handle, kernel.Entry + "_kernel", out nint descriptor))
            throw new EngineException($"{kernel.File} has no KERNEL({kernel.Entry}, ...) with the constants of {kernel.Name}.");
        Descriptor = (KernelDescriptor*)descriptor;
        ArgumentTable.Check(kernel, Descriptor);
    }

    public KernelDescriptor* Descriptor { get; }
}

/// <summary>Compares the argument struct of a kernel with its C# mirror, field by field: swapped fields of one size would pass a size check.</summary>
internal static unsafe class ArgumentTable
{
    public static void Check(GpuKernel kernel, KernelDescriptor* descriptor)
    {
        string where = $"{kernel.File}: the argument struct of {kernel.Entry} and the C# struct {kernel.ArgsType.Name} differ";
        var mirror = kernel.ArgsType.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).ToDictionary(field => field.Name);
        for (var field = descriptor->Fields; field->Name != null; field++)
        {
            string name = Marshal.PtrToStringUTF8((nint)field->Name)!;
            if (!mirror.Remove(name, out var twin)) throw new EngineException($"{where}: C# has no field '{name}'.");
#pragma warning disable CA1421 // argument structs are blittable: both layouts are one
            long offset = Marshal.OffsetOf(kernel.ArgsType, name).ToInt64();
#pragma warning restore CA1421
            int bytes = SizeOf(twin.FieldType);
            if (offset != field->Offset || bytes != field->Bytes)
                throw new EngineException($"{where}: field '{name}' is {field->Bytes} bytes at offset {field->Offset} in the kernel, {bytes} bytes at {offset} in C#.");
        }

        if (mirror.Count > 0) throw new EngineException($"{where}: the kernel has no field '{mirror.Keys.First()}'.");
        int size = SizeOf(kernel.ArgsType);
        if (size != descriptor->ArgBytes) throw new EngineException($"{where}: {descriptor->ArgBytes} bytes in the kernel, {size} in C#.");
    }

    // Marshal.SizeOf refuses generic structs and enums; Unsafe.SizeOf takes every blittable type.
    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
