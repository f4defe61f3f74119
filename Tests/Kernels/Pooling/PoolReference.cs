using GenEngine.Kernels;
using GenEngine.Kernels.Pooling;

namespace GenEngine.Tests.Kernels.Pooling;

/// <summary>A batch of images and a window over them.</summary>
internal readonly record struct PoolCase(int N, int H, int W, int C, PoolWindow Window)
{
    public static PoolCase[] All { get; } =
    [
        new(1, 1, 1, 1, PoolWindow.Square(1)), new(1, 2, 2, 1, PoolWindow.Square(2)), new(2, 6, 9, 1, PoolWindow.Square(2)),
        new(1, 3, 70, 1, PoolWindow.Square(2)), new(2, 9, 130, 1, PoolWindow.Square(3, 2, 1)), new(1, 5, 71, 3, PoolWindow.Square(2)),
        new(2, 7, 41, 3, PoolWindow.Square(3, 1, 1)), new(1, 6, 5, 64, PoolWindow.Square(2)), new(2, 7, 5, 65, PoolWindow.Square(3, 2, 1)),
        new(1, 5, 6, 16, PoolWindow.Square(5, 1, 2)), new(3, 5, 9, 5, new PoolWindow(2, 4, 3, 1, 1, 2)), new(1, 7, 90, 2, new PoolWindow(1, 2, 2, 5)),
        new(1, 9, 100, 1, new PoolWindow(2, 7, 1, 3, 1, 3)), new(1, 17, 18, 3, PoolWindow.Square(17, 1)), new(1, 40, 3, 2, new PoolWindow(40, 1, 1, 1)),
        new(1, 1, 4100, 1, new PoolWindow(1, 2, 1, 2)), new(1, 3, 4, 15, PoolWindow.Square(2, 3)),
    ];

    public int Inputs => N * H * W * C;

    public (int Height, int Width) Out => Window.Output("test", H, W);

    public int Outputs => N * Out.Height * Out.Width * C;

    public int Input(int n, int y, int x, int c) => (((((n * H) + y) * W) + x) * C) + c;

    /// <summary>Each output, and the inputs of its window with their places, row-major.</summary>
    public IEnumerable<(int Output, (int Input, int Place)[] Taps)> Windows()
    {
        int output = 0;
        var (height, width) = Out;
        for (int n = 0; n < N; n++)
            for (int oy = 0; oy < height; oy++)
                for (int ox = 0; ox < width; ox++)
                    for (int c = 0; c < C; c++)
                        yield return (output++, [.. Taps(n, oy, ox, c)]);
    }

    private IEnumerable<(int Input, int Place)> Taps(int n, int oy, int ox, int c)
    {
        for (int ky = 0; ky < Window.Height; ky++)
        {
            for (int kx = 0; kx < Window.Width; kx++)
            {
                int y = (oy * Window.StrideY) - Window.PadY + ky, x = (ox * Window.StrideX) - Window.PadX + kx;
                if (y >= 0 && y < H && x >= 0 && x < W) yield return (Input(n, y, x, c), (ky * Window.Width) + kx);
            }
        }
    }
}
