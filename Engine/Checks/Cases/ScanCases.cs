namespace GenEngine.Checks.Cases;

internal sealed class ScanCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            (Shape Image, int Taps)[] rows = [(new(1, 1, 1, 1), 1), (new(1, 3, 1, 2), 3), (new(2, 1, 5, 3), 3), (new(2, 3, 5, 5), 3), (new(1, 4, 3, 17), 5), (new(3, 2, 9, 33), 1)];
            foreach (var (image, taps) in rows) yield return Case(nameof(Ops.RowScan), image, new Shape(4 * image[3], 1, taps, image[3]), false);
            Shape[] diagonals = [new(1, 1, 1, 1), new(1, 5, 1, 2), new(2, 1, 5, 3), new(2, 3, 5, 5), new(2, 5, 3, 16), new(1, 3, 4, 17), new(3, 2, 3, 33)];
            foreach (var image in diagonals)
            {
                yield return Case(nameof(Ops.DiagonalScan), image, new Shape(4 * image[3], 2, 1, image[3]), false);
                yield return Case(nameof(Ops.DiagonalScan), image, new Shape(4 * image[3], 2, 1, image[3]), true);
            }
        }
    }

    private static OpCase Case(string op, Shape image, Shape filter, bool reversed)
    {
        var (n, h, w, channels) = (image[0], image[1], image[2], image[3]);
        bool row = op == nameof(Ops.RowScan);
        return new OpCase
        {
            Op = op,
            Variant = $"{image}{(row ? $" k {filter[2]}" : "")}{(reversed ? " reversed" : "")}",
            Inputs = [new(new Shape(n, h, w, 4 * channels)), new(filter)],
            // filters of this size would make the state chaotic: small errors would grow with every step
            Build = x => row ? x[0].RowScan(x[1].Affine(1 / Math.Sqrt(channels))) : x[0].DiagonalScan(x[1].Affine(1 / Math.Sqrt(channels)), reversed),
            Ulps = 64,
            Reference = x => Reference(image, x[0], References.Map(x[1], value => value / Math.Sqrt(channels)), row ? filter[2] : 0, reversed),
        };
    }

    /// <summary>The scan cell by cell, from the equations.</summary>
    /// <param name="taps">Of a row scan; 0 for a diagonal one.</param>
    private static double[] Reference(Shape image, double[] gates, double[] filter, int taps, bool reversed)
    {
        var (images, height, width, channels) = (image[0], image[1], image[2], image[3]);
        double[] h = new double[image.Count], c = new double[image.Count], s = new double[4 * channels];
        int side = reversed ? 1 : -1;
        (int Y, int X)[] reads = taps == 0 ? [(-1, 0), (0, side)] : [.. Enumerable.Range(0, taps).Select(tap => (-1, tap - (taps / 2)))];
        var (carryY, carryX) = taps == 0 ? (0, side) : (-1, 0);
        for (int n = 0; n < images; n++)
        {
            for (int i = 0; i < height; i++)
            {
                for (int step = 0; step < width; step++)
                {
                    int j = reversed ? width - 1 - step : step, pixel = Pixel(n, i, j), carry = Pixel(n, i + carryY, j + carryX);
                    for (int r = 0; r < s.Length; r++)
                    {
                        s[r] = gates[(pixel * s.Length) + r];
                        for (int tap = 0; tap < reads.Length; tap++)
                        {
                            int from = Pixel(n, i + reads[tap].Y, j + reads[tap].X);
                            for (int k = 0; from >= 0 && k < channels; k++) s[r] += filter[(((r * reads.Length) + tap) * channels) + k] * h[(from * channels) + k];
                        }
                    }

                    for (int k = 0; k < channels; k++)
                    {
                        double o = References.Sigmoid(s[k]), f = References.Sigmoid(s[channels + k]), input = References.Sigmoid(s[(2 * channels) + k]), g = Math.Tanh(s[(3 * channels) + k]);
                        double cell = (f * (carry < 0 ? 0 : c[(carry * channels) + k])) + (input * g);
                        c[(pixel * channels) + k] = cell;
                        h[(pixel * channels) + k] = o * Math.Tanh(cell);
                    }
                }
            }
        }

        return h;

        int Pixel(int n, int i, int j) => i < 0 || j < 0 || j >= width ? -1 : (((n * height) + i) * width) + j;
    }
}
