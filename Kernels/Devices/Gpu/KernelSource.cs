using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// A kernel file with everything it includes. Sources travel inside assemblies as resources named by their path ("MatMul/matmul.cu");
/// GENENGINE_KERNELS names a folder whose files come first, for work on kernels without a rebuild. A full path is a file of the user's own.
/// </summary>
public sealed partial class KernelSource
{
    /// <summary>The emulator's own headers: NVRTC never sees them.</summary>
    private const string EmulatorFolder = "Devices/Gpu/Simt/";

    private static readonly ConcurrentDictionary<Assembly, byte> s_assemblies = new() { [typeof(KernelSource).Assembly] = 0 };

    private readonly List<KernelFile> _files = [];

    private KernelSource(string name, string text)
    {
        Name = name;
        Text = text;
    }

    /// <summary>The path that was asked for.</summary>
    public string Name { get; }

    /// <summary>
    /// The file with its includes pasted in, each file once, with #line marks, so that compilers and the emulator speak of the
    /// original files and lines. This one text is what a cache key needs to cover.
    /// </summary>
    public string Text { get; }

    /// <summary>The text as <see cref="KernelFingerprint"/> sees it: without comments, empty lines, indentation and marks.</summary>
    internal string Bare => SourceText.Bare(Text);

    /// <summary>The files that <see cref="Text"/> is made of, the included ones first met first.</summary>
    public IReadOnlyList<KernelFile> Files => _files;

    /// <summary>Makes the .cu, .cuh, .h and .cpp resources of another assembly known (tests bring kernels of their own).</summary>
    public static void AddAssembly(Assembly assembly) => s_assemblies[assembly] = 0;

    /// <summary>Reads a file and its includes.</summary>
    /// <param name="name">Path inside Kernels, with forward slashes.</param>
    /// <param name="emulator">True to take in the emulator's headers too; NVRTC has no use for them.</param>
    /// <exception cref="EngineException">A file is missing; says which one includes it.</exception>
    public static KernelSource Load(string name, bool emulator = false)
    {
        var text = new StringBuilder();
        var files = new List<KernelFile>();
        Paste(name, null, emulator, text, files);
        var source = new KernelSource(name, text.ToString());
        source._files.AddRange(files);
        return source;
    }

    /// <summary>Each line of a pasted text under the file and the number that compilers call it by; #line marks themselves are left out.</summary>
    /// <param name="file">What the text begins with where no mark says another.</param>
    public static IEnumerable<(string File, int Number, string Line)> Number(string file, string text)
    {
        int number = 1;
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (LineMark().Match(line) is { Success: true } mark)
            {
                number = int.TryParse(mark.Groups["line"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int marked) ? marked : 1;
                file = mark.Groups["file"].Value;
            }
            else
            {
                yield return (file, number++, line.TrimEnd());
            }
        }
    }

    private static void Paste(string name, string? includedFrom, bool emulator, StringBuilder text, List<KernelFile> files)
    {
        string content = Read(name) ?? throw new EngineException(includedFrom is null && Path.IsPathRooted(name)
            ? $"There is no file '{name}'."
            : includedFrom is null
            ? $"There is no kernel source '{name}' in {string.Join(", ", s_assemblies.Keys.Select(a => a.GetName().Name))}."
            : $"{includedFrom} includes '{name}', which does not exist; includes are paths inside Kernels, such as \"Common/prelude.cuh\".");
        files.Add(new KernelFile(name, content));
        text.Append("#line 1 \"").Append(name).Append("\"\n");
        int number = 0;
        foreach (string line in content.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            number++;
            if (Include().Match(line) is { Success: true } match && (emulator || !match.Groups[1].Value.StartsWith(EmulatorFolder, StringComparison.Ordinal)))
            {
                string included = match.Groups[1].Value;
                if (files.Any(file => file.Name == included)) text.Append('\n');
                else
                {
                    Paste(included, $"{name}:{number}", emulator, text, files);
                    text.Append("#line ").Append(number + 1).Append(" \"").Append(name).Append("\"\n");
                }
            }
            else
            {
                // every file is pasted once, and #pragma once in a main file is a warning
                text.Append(line.StartsWith("#pragma once", StringComparison.Ordinal) ? "" : line).Append('\n');
            }
        }
    }

    private static string? Read(string name)
    {
        if (name.Contains('\0', StringComparison.Ordinal)) return null; // in a damaged file; no name has one
        if (Path.IsPathRooted(name)) return File.Exists(name) ? File.ReadAllText(name) : null;
        if (Environment.GetEnvironmentVariable("GENENGINE_KERNELS") is { Length: > 0 } folder)
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path)) return File.ReadAllText(path);
        }

        foreach (var assembly in s_assemblies.Keys)
        {
            using var stream = assembly.GetManifestResourceStream(name);
            if (stream is null) continue;
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }

        return null;
    }

    [GeneratedRegex("^\\s*#\\s*include\\s*\"([^\"]+)\"")]
    private static partial Regex Include();

    [GeneratedRegex("^#line (?<line>[0-9]+) \"(?<file>[^\"]+)\"")]
    private static partial Regex LineMark();
}

/// <summary>One source file: its path inside Kernels and its content.</summary>
public sealed record KernelFile(string Name, string Content);
