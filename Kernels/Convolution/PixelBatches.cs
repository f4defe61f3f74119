namespace GenEngine.Kernels.Convolution;

/// <summary>A chunk's pixels still to come: image, row, column.</summary>
internal unsafe struct PixelCursor
{
    public PixelCursor(ConvWeightArgs* args, int chunk)
    {
        long pixels = (long)args->Batch * args->OutH * args->OutW, first = (long)chunk * args->ChunkPixels;
        Left = Math.Min(args->ChunkPixels, pixels - first);
        Column = (int)(first % args->OutW);
        long row = first / args->OutW;
        Row = (int)(row % args->OutH);
        Image = (int)(row / args->OutH);
    }

    public long Left;
    public int Image;
    public int Row;
    public int Column;
}

/// <summary>
/// Takes a chunk's pixels in batches that the second cache holds. Where taps leave the image, the input that a batch reads is copied with zeros
/// around it, so that a tap lies at the same distance from every pixel.
/// </summary>
internal readonly unsafe struct PixelBatches<T> where T : unmanaged
{
    private const long TileBytes = 128 << 10, GradientBytes = 128 << 10;
    private const int MostPixels = 2048;

    private readonly bool _inPlace;
    private readonly int _pieceColumns; // longest stretch of one row
    private readonly long _pitch; // elements from one row of the tile (or image) to the next
    private readonly long _tileElements;
    private readonly int _reachY;
    private readonly int _reachX;

    public PixelBatches(ConvWeightArgs* args)
    {
        _reachY = args->MaxDy - args->MinDy + 1;
        _reachX = args->MaxDx - args->MinDx + 1;
        _inPlace = PaddedRow.IsInside(args->MinDy, args->MaxDy, args->InStepY, args->OutH, args->InH) && PaddedRow.IsInside(args->MinDx, args->MaxDx, args->InStepX, args->OutW, args->InW);
        MaxPixels = (int)Math.Clamp(GradientBytes / ((long)args->OutC * sizeof(T)), 64, MostPixels);
        long budget = TileBytes / sizeof(T), widest = ((budget / ((long)_reachY * args->InC)) - _reachX) / args->InStepX + 1;
        _pieceColumns = (int)Math.Clamp(widest, 1, Math.Min(args->OutW, MaxPixels));
        if (_inPlace)
        {
            _pieceColumns = Math.Min(args->OutW, MaxPixels);
            _pitch = (long)args->InW * args->InC;
            _tileElements = 0;
            return;
        }

        _pitch = ((((long)_pieceColumns - 1) * args->InStepX) + _reachX) * args->InC;
        _tileElements = Math.Max(budget, _reachY * _pitch);
    }

    /// <summary>Pixels of the largest batch.</summary>
    public int MaxPixels { get; }

    /// <summary>Bytes of a thread's tile.</summary>
    public long ScratchBytes => ((_tileElements * sizeof(T)) + 255) & ~255L;

    /// <summary>Bytes of a thread's runs, twice as many as a batch has: an edge's runs lie behind them.</summary>
    public long RunBytes => (2L * MaxPixels * sizeof(PixelRun<T>) + 255) & ~255L;

    /// <summary>Distance from a pixel to channel 0 of a tap.</summary>
    public nint TapOffset(in ConvTableTap tap, ConvWeightArgs* args)
    {
        int originY = _inPlace ? 0 : args->MinDy, originX = _inPlace ? 0 : args->MinDx;
        return (nint)((((long)tap.Dy - originY) * _pitch) + (((long)tap.Dx - originX) * args->InC));
    }

    /// <summary>The next batch of a chunk: writes its runs and gives their number.</summary>
    public int Next(ref PixelCursor cursor, ConvWeightArgs* args, T* tile, PixelRun<T>* runs)
    {
        int count = 0, pixels = 0;
        long used = 0;
        while (cursor.Left > 0 && pixels < MaxPixels)
        {
            long room = Math.Min(cursor.Left, MaxPixels - pixels);
            int rows = 1, columns = (int)Math.Min(Math.Min(args->OutW - cursor.Column, _pieceColumns), room);
            if (columns == args->OutW)
            {
                rows = (int)Math.Min(room / args->OutW, args->OutH - cursor.Row);
                if (!_inPlace) rows = (int)Math.Clamp((((_tileElements - used) / _pitch) - _reachY) / args->InStepY + 1, 1, rows);
            }

            long height = (((long)rows - 1) * args->InStepY) + _reachY;
            if (!_inPlace && used + (height * _pitch) > _tileElements)
            {
                if (count > 0) break;
                throw new InvalidOperationException("A tile holds one piece of a row at least.");
            }

            T* pixel = (T*)args->X + ((((((long)cursor.Image * args->InH) + (cursor.Row * args->InStepY)) * args->InW) + ((long)cursor.Column * args->InStepX)) * args->InC);
            if (!_inPlace)
            {
                pixel = tile + used;
                Copy(cursor, args, pixel, (int)height, ((columns - 1) * args->InStepX) + _reachX);
                used += height * _pitch;
            }

            T* dy = (T*)args->Dy + ((((((long)cursor.Image * args->OutH) + cursor.Row) * args->OutW) + cursor.Column) * args->OutC);
            for (int r = 0; r < rows; r++)
            {
                runs[count++] = new PixelRun<T> { X = pixel, Dy = dy, Count = columns };
                pixel += args->InStepY * _pitch;
                dy += (long)args->OutW * args->OutC;
            }

            pixels += rows * columns;
            Advance(ref cursor, args, rows, columns);
        }

        return count;
    }

    private static void Advance(ref PixelCursor cursor, ConvWeightArgs* args, int rows, int columns)
    {
        cursor.Left -= (long)rows * columns;
        cursor.Column += columns;
        if (cursor.Column < args->OutW) return;
        cursor.Column = 0;
        cursor.Row += rows;
        if (cursor.Row < args->OutH) return;
        cursor.Row = 0;
        cursor.Image++;
    }

    private void Copy(in PixelCursor cursor, ConvWeightArgs* args, T* tile, int height, int width)
    {
        nint channels = args->InC;
        int top = (cursor.Row * args->InStepY) + args->MinDy, left = (cursor.Column * args->InStepX) + args->MinDx;
        T* image = (T*)args->X + ((nint)cursor.Image * args->InH * args->InW * channels);
        for (int y = 0; y < height; y++, tile += _pitch) PaddedRow.Copy(image, args->InH, args->InW, channels, top + y, left, width, tile);
    }
}
