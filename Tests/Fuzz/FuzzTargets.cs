using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using GenEngine.Bench;
using GenEngine.Bench.Configuration;
using GenEngine.Bench.UserKernels;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Tests.Data;
using GenEngine.Tests.Files;

namespace GenEngine.Tests.Fuzz;

/// <summary>The ways in for files, each with what it may allocate. What runs leave is in <see cref="RunTargets"/>, command lines in <see cref="CommandLineTargets"/>.</summary>
internal static partial class FuzzTargets
{
    /// <summary>All of one file each.</summary>
    public static IEnumerable<FuzzTarget> Files()
    {
        // the header's JSON takes 12 bytes a token, and shapes a number each; then the arrays themselves, as float
        yield return new FuzzTarget("safetensors", SafeTensorFiles(), (path, _) => ReadTensors(path)) { Mutate = FuzzFormats.SafeTensors, Place = Header() };

        // deflate packs 1032 bytes into one at most, and what is promised beyond that is refused before it is allocated
        yield return new FuzzTarget("idx", [Idx(3, 2, 5, 4), FuzzFormats.Packed(Idx(3, 3, 28, 28))], (path, _) => IdxFile.Read(path, 3, out int[] _)) { Mutate = FuzzFormats.Gzip, Place = Idx(), BytesPerByte = 1100, Constant = 256 << 10 };
        yield return new FuzzTarget("idx-labels", [Idx(1, 40), FuzzFormats.Packed(Idx(1, 500))], (path, _) => IdxFile.Read(path, 1, out int[] _)) { Mutate = FuzzFormats.Gzip, Place = Idx(), BytesPerByte = 1100, Constant = 256 << 10 };
        yield return new FuzzTarget("png", [Png(9, 7, 1), Png(13, 5, 3), MadePictures.Png(33, 17, 9)], (path, _) => GenEngine.Files.Png.Read(path, out var _)) { Mutate = FuzzFormats.Png, Place = Chunks(), BytesPerByte = 1100 };

        // the pixels as they are decoded and as RGB: 7 bytes each, of which a byte of a PNG of one bit holds 8 x 1032 and a byte of a JPEG 512; never more than PictureFile.MaxPixels
        yield return new FuzzTarget("picture", Pictures(), (_, file) => PictureFile.Decode(file, out int _)) { Mutate = FuzzFormats.Picture, FileName = null, Place = Chunks(), BytesPerByte = 7 * 8 * 1032 };
        yield return new FuzzTarget("wav", Sounds(), (path, _) => WavFile.Read(path)) { Place = Sound() };
        yield return new FuzzTarget("npy", [Npy([0.5f, -1, 2, 3e38f, 0, 1], 3), Npy([1, 2], 2)], (path, _) => GenEngine.Files.Npy.Read(path)) { Place = Matrix() };
        yield return new FuzzTarget("text", [Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("Grüße, 世界, 🙂. ", 60)))], (path, _) => new TextFileSource(path).Load("train", new SequenceOptions()));
        yield return new FuzzTarget("ledger", [Ledger()], (path, _) => GenEngine.Bench.Ledger.Read(path)) { Mutate = Mutator.Json, Place = Fields() };
        yield return new FuzzTarget("tuning", ["""{"format":1,"choices":{"gpu | GenEngine 1.0.0.0 | matmul 1 2 3":"64x64","other":"128x64"}}"""u8.ToArray()], (path, _) => new TuningStore("gpu", path).Find("matmul 1 2 3")) { Mutate = Mutator.Json };
        yield return new FuzzTarget("kernel", [Kernel()], (path, _) => UserKernel.Load(path, null)) { FileName = "k.cu", Place = Source(), Constant = 2 << 20, BytesPerByte = 256 };
        yield return new FuzzTarget("config", ["""{ "model": "vae", /* a comment */ "hidden": [400, 200], "learning-rate": 1e-3, "data": "mnist", "eager": true, "latent": null, }"""u8.ToArray()], (path, _) => ConfigFile.Read(path)) { Mutate = Mutator.Json };
        var (key, cache) = Cache();
        yield return new FuzzTarget("image-cache", [cache], (path, _) => FolderCache.Read(path, key, 48));
    }

    private static void ReadTensors(string path)
    {
        using var file = SafeTensorsReader.Open(path);
        foreach (var tensor in file.Tensors)
        {
            if (tensor.DType is DType.Float32 or DType.Float64 or DType.Float16 or DType.BFloat16) file.ReadAsFloat(tensor.Name);
            else file.ReadBytes(tensor.Name, new byte[tensor.ByteCount]);
        }
    }

    private static byte[][] SafeTensorFiles()
    {
        using MemoryStream one = new(), two = new();
        SafeTensors.Encode(one, [SafeTensor.Of<float>("encoder.weight", new float[6], 2, 3), SafeTensor.Of<double>("d", new double[2], 2), SafeTensor.Of<byte>("state", new byte[5], 5), SafeTensor.Of<float>("empty", Array.Empty<float>(), 0, 4)],
            new Dictionary<string, string> { ["model"] = "vae", ["note"] = "ä \"q\"" });
        SafeTensors.Encode(two, [SafeTensor.Of<int>("i", new int[3], 3), SafeTensor.Of<long>("step", new long[1]), SafeTensor.OfBFloat16("bf", new ushort[2], 1, 2), SafeTensor.Of<Half>("half", new Half[4], 2, 2)]);
        return [one.ToArray(), two.ToArray()];
    }

    /// <summary>An IDX file of bytes.</summary>
    public static byte[] Idx(int rank, params int[] extents)
    {
        var file = new byte[4 + (4 * rank) + extents.Aggregate(1, (a, b) => a * b)];
        (file[2], file[3]) = (8, (byte)rank);
        for (int i = 0; i < rank; i++) BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 + (4 * i)), extents[i]);
        for (int i = 4 + (4 * rank); i < file.Length; i++) file[i] = (byte)(i * 37);
        return file;
    }

    private static byte[] Png(int width, int height, int channels)
    {
        using var stream = new MemoryStream();
        var image = new Bitmap(width, height, channels);
        for (int i = 0; i < image.Pixels.Length; i++) image.Pixels[i] = (byte)(i * 31);
        GenEngine.Files.Png.Encode(stream, image, ("Title", "a grid"), ("Source", "step 100"));
        return stream.ToArray();
    }

    private static byte[][] Pictures() =>
    [
        MadePictures.Jpeg(33, 17, 9), MadePictures.Jpeg(8, 8, 200, 40), MadePictures.Png(33, 17, 9), MadePictures.Bmp(13, 7, 9), MadePictures.WithOrientation(MadePictures.Jpeg(16, 16, 1), 6, true),
        MadePictures.FlatJpeg(3, 3, 4, (x, y, c) => (20 * x) + (30 * y) + c, adobe: true), MadePictures.FlatJpeg(3, 2, 1, (x, y, _) => (40 * x) + (50 * y)), MadePictures.RawPng(5, 5, 16, 6, new byte[200]),
        MadePictures.RawPng(16, 4, 1, 0, new byte[8], 3), MadePictures.RawPng(2, 1, 16, 4, new byte[8]),
    ];

    private static byte[][] Sounds()
    {
        float[] wave = [.. Enumerable.Range(0, 60).Select(i => 0.6f * MathF.Sin(i * 0.1f))];
        using var folder = new TemporaryFolder();
        WavWriter.Write(folder["a.wav"], wave, 8000, ("Software", "GenEngine"), ("Run", "runs/wavenet-1"));
        return [File.ReadAllBytes(folder["a.wav"]), RecordingTests.Wav(1, 8, 1, wave), RecordingTests.Wav(1, 24, 2, wave, true), RecordingTests.Wav(3, 32, 2, wave), RecordingTests.Wav(1, 32, 1, wave)];
    }

    private static byte[] Npy(float[] values, int columns)
    {
        using var folder = new TemporaryFolder();
        GenEngine.Files.Npy.Write(folder["a.npy"], values, columns);
        return File.ReadAllBytes(folder["a.npy"]);
    }

    private static byte[] Ledger()
    {
        using var folder = new TemporaryFolder();
        foreach (string row in (string[])["vae-mnist", "ae-digits"])
        {
            GenEngine.Bench.Ledger.Write(folder["ledger.json"], new LedgerRow
            {
                Row = row,
                Claim = "less than 100 nats",
                Date = "2026-01-01",
                Engine = "1.0.0",
                Machine = "a CPU",
                Runs = ["train vae"],
                ImagesSeen = [600000, 600000],
                TestHash = "ab12",
                Judge = "seed 1",
                Minutes = 3.5,
                Figures = [new LedgerFigure("bound", "nats", "mean", 98.5, [98, 99], null, "", "at most 100", true), new LedgerFigure("fid", "", "mean", 3, [3], 0.5, "real data", "", null)],
            });
        }

        return File.ReadAllBytes(folder["ledger.json"]);
    }

    private static byte[] Kernel() => """
        // leaky.cu: y = x where x > 0, else p0 x
        #include "Common/prelude.cuh"

        #define UNARY_ARGS(F) F(garg<const REAL>, X) F(garg<REAL>, Y) F(i64, N) F(i64, Quads) F(f64, P0) F(f64, P1)
        ARGS(UnaryArgs, UNARY_ARGS)

        KERNEL(unary, UnaryArgs, 256, 1)
        {
            for (i64 i = global_index(); i < a.N; i += grid_stride()) a.Y[i] = a.X[i] > (REAL)0 ? a.X[i] : (REAL)a.P0 * a.X[i];
        }
        """u8.ToArray();

    private static (byte[] Key, byte[] File) Cache()
    {
        using var folder = new TemporaryFolder();
        byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        FolderCache.Write(folder["c.bin"], key, new DecodedFolder([0, 2], new byte[96], [new UnreadableFile("b/x.png", "it is cut short")]));
        return (key, File.ReadAllBytes(folder["c.bin"]));
    }

    [GeneratedRegex("byte|header|metadata|'")]
    private static partial Regex Header();

    [GeneratedRegex("byte|begins with|extent|elements|gzip")]
    private static partial Regex Idx();

    [GeneratedRegex("byte|header|chunk|segment|row|filter|pixels|[0-9]+x[0-9]+|bits|file is empty|JPEG")]
    private static partial Regex Chunks();

    [GeneratedRegex("byte|sample|format|channels|coded|bits")]
    private static partial Regex Sound();

    [GeneratedRegex("byte|header|version|holds|dimensions|order")]
    private static partial Regex Matrix();

    [GeneratedRegex("LineNumber|row|'")]
    private static partial Regex Fields();

    [GeneratedRegex("KERNEL|kernel|ARGS|include|line|'")]
    private static partial Regex Source();
}
