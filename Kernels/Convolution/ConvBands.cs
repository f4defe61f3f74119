namespace GenEngine.Kernels.Convolution;

/// <summary>
/// How the CPU cuts a plan's lattice into items: bands of rows (of columns, where there is one row), or groups of small images, whose input with
/// its padding fits the second cache. No cut changes a bit of the result.
/// </summary>
internal unsafe struct ConvBands
{
    private const long TileBytes = 256 << 10;

    /// <summary>Every tap of every lattice point lies inside the image: nothing to pad, so nothing to copy.</summary>
    public bool InPlace;

    /// <summary>Items of the whole job.</summary>
    public int Items;

    public int BandRows;
    public int BandColumns;
    public int BandsY;
    public int BandsX;
    public int GroupImages;

    // the input as items see it: the image itself, or the tile copied from it
    public int PixelsWide;
    public long ImageElements;

    /// <summary>Elements of a thread's tile.</summary>
    public long TileElements;

    // elements from one lattice point to the next
    public long RowStep;
    public long ColumnStep;

    // the input position of lattice point (0, 0)'s first tap
    public int OriginY;
    public int OriginX;

    /// <param name="copies">The input is copied in any case, for another layout.</param>
    public static ConvBands Create(ConvArgs* args, ConvTablePart* parts, int elementBytes, int threads, bool copies = false)
    {
        int countY = 0, countX = 0;
        for (int i = 0; i < args->PartCount; i++)
        {
            countY = Math.Max(countY, parts[i].CountY);
            countX = Math.Max(countX, parts[i].CountX);
        }

        var bands = new ConvBands { BandRows = countY, BandColumns = countX, BandsY = 1, BandsX = 1, GroupImages = 1 };
        bands.InPlace = !copies
            && PaddedRow.IsInside(args->MinDy, args->MaxDy, args->InStepY, countY, args->InH) && PaddedRow.IsInside(args->MinDx, args->MaxDx, args->InStepX, countX, args->InW);
        long wanted = 4L * threads;
        if (bands.Tile(args) * elementBytes > TileBytes || (args->Batch < wanted && countY * countX > 8))
        {
            if (countY > 1)
            {
                while (bands.BandRows > 1 && (bands.Tile(args) * elementBytes > TileBytes || (long)args->Batch * Ceiling(countY, bands.BandRows) < wanted)) bands.BandRows = (bands.BandRows + 1) / 2;
                bands.BandsY = Ceiling(countY, bands.BandRows);
            }
            else
            {
                while (bands.BandColumns > 8 && (bands.Tile(args) * elementBytes > TileBytes || (long)args->Batch * Ceiling(countX, bands.BandColumns) < wanted)) bands.BandColumns = (bands.BandColumns + 1) / 2;
                bands.BandsX = Ceiling(countX, bands.BandColumns);
            }
        }

        long tile = bands.Tile(args);
        if (bands.BandsY * bands.BandsX == 1)
            bands.GroupImages = (int)Math.Max(1, Math.Min(TileBytes / Math.Max(1, tile * elementBytes), Ceiling(args->Batch, wanted)));
        bands.Items = Ceiling(args->Batch, bands.GroupImages) * bands.BandsY * bands.BandsX;
        bands.PixelsWide = bands.InPlace ? args->InW : bands.TileWidth(args);
        bands.ImageElements = bands.InPlace ? (long)args->InH * args->InW * args->InC : tile;
        bands.TileElements = tile * bands.GroupImages;
        bands.RowStep = (long)args->InStepY * bands.PixelsWide * args->InC;
        bands.ColumnStep = (long)args->InStepX * args->InC;
        bands.OriginY = bands.InPlace ? 0 : args->MinDy;
        bands.OriginX = bands.InPlace ? 0 : args->MinDx;
        return bands;
    }

    /// <summary>Distance in elements from a lattice point to a tap's first channel.</summary>
    public readonly nint TapOffset(in ConvTableTap tap, int channels) =>
        (nint)(((((long)tap.Dy - OriginY) * PixelsWide) + (tap.Dx - OriginX)) * channels + tap.First);

    public readonly int TileHeight(ConvArgs* args) => ((BandRows - 1) * args->InStepY) + args->MaxDy - args->MinDy + 1;

    public readonly int TileWidth(ConvArgs* args) => ((BandColumns - 1) * args->InStepX) + args->MaxDx - args->MinDx + 1;

    private readonly long Tile(ConvArgs* args) => (long)TileHeight(args) * TileWidth(args) * args->InC;

    private static int Ceiling(long a, long b) => (int)((a + b - 1) / b);
}

/// <summary>One item: images FirstImage to EndImage - 1, lattice rows and columns of its band.</summary>
internal readonly struct ConvItem
{
    public ConvItem(in ConvBands bands, int index, int batch)
    {
        var (group, band) = Math.DivRem(index, bands.BandsY * bands.BandsX);
        var (y, x) = Math.DivRem(band, bands.BandsX);
        FirstImage = group * bands.GroupImages;
        EndImage = Math.Min(FirstImage + bands.GroupImages, batch);
        FirstRow = y * bands.BandRows;
        EndRow = FirstRow + bands.BandRows;
        FirstColumn = x * bands.BandColumns;
        EndColumn = FirstColumn + bands.BandColumns;
    }

    public int FirstImage { get; }

    public int EndImage { get; }

    public int FirstRow { get; }

    public int EndRow { get; }

    public int FirstColumn { get; }

    public int EndColumn { get; }
}

/// <summary>Walks an item's lattice points: images, rows, columns.</summary>
internal struct ConvWalk
{
    private readonly long _imageStep;
    private readonly long _rowStep;
    private readonly long _columnStep;
    private readonly int _firstRow;
    private readonly int _endRow;
    private readonly int _firstColumn;
    private readonly int _endColumn;
    private long _imageInput;
    private long _rowInput;

    public ConvWalk(in ConvBands bands, in ConvItem item, int countY, int countX)
    {
        _imageStep = bands.ImageElements;
        _rowStep = bands.RowStep;
        _columnStep = bands.ColumnStep;
        _firstRow = item.FirstRow;
        _endRow = Math.Min(item.EndRow, countY);
        _firstColumn = item.FirstColumn;
        _endColumn = Math.Min(item.EndColumn, countX);
        Image = item.FirstImage;
        Row = _firstRow;
        Column = _firstColumn;
        Left = Math.Max(0L, _endRow - _firstRow) * Math.Max(0, _endColumn - _firstColumn) * (item.EndImage - item.FirstImage);
        _imageInput = bands.InPlace ? (item.FirstImage * _imageStep) + (_firstRow * _rowStep) + (_firstColumn * _columnStep) : 0;
        _rowInput = _imageInput;
        Input = (nint)_imageInput;
    }

    public nint Image { get; private set; }

    public nint Row { get; private set; }

    public nint Column { get; private set; }

    /// <summary>Where the lattice point's input begins: an element of the image, or of the tile.</summary>
    public nint Input { get; private set; }

    /// <summary>Points still to come.</summary>
    public long Left { get; private set; }

    public void Next()
    {
        Left--;
        if (++Column < _endColumn)
        {
            Input += (nint)_columnStep;
            return;
        }

        Column = _firstColumn;
        _rowInput += _rowStep;
        if (++Row >= _endRow)
        {
            Row = _firstRow;
            Image++;
            _imageInput += _imageStep;
            _rowInput = _imageInput;
        }

        Input = (nint)_rowInput;
    }
}
