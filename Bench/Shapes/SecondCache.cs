using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Shapes;

/// <summary>
/// The cache between the multiprocessors and memory, on paper: pieces of 4 KiB, the one that was not used for longest goes first, and what was written goes to
/// memory when it goes. Real ones hash addresses, have ways and two halves, and so keep less.
/// </summary>
internal sealed class SecondCache(long bytes)
{
    private const int PieceBits = 12;

    private readonly Dictionary<ulong, LinkedListNode<Piece>> _known = [];
    private readonly LinkedList<Piece> _byUse = new();
    private double _held;

    /// <summary>Bytes to and from memory that an access costs.</summary>
    /// <param name="share">Of the range, what is touched.</param>
    public double Touch(in Access access, double share)
    {
        double memory = 0;
        ulong from = access.Range.Address, end = from + (ulong)access.Range.Bytes;
        for (ulong piece = from >> PieceBits; piece << PieceBits < end; piece++)
        {
            ulong first = Math.Max(from, piece << PieceBits), last = Math.Min(end, (piece + 1) << PieceBits);
            memory += Use(piece, (last - first) * share, access.Mode);
        }

        return memory;
    }

    private double Use(ulong address, double touched, AccessMode mode)
    {
        double memory = 0;
        if (_known.TryGetValue(address, out var node)) _byUse.Remove(node);
        else _known[address] = node = new LinkedListNode<Piece>(new Piece(address));
        _byUse.AddLast(node);

        // what two accesses share of a piece is not known; that the larger has the smaller within is exact but where buffers meet
        var piece = node.Value;
        double more = Math.Max(0, touched - piece.Held);
        if (mode != AccessMode.Write) memory += more;
        if (mode != AccessMode.Read) piece.Written = Math.Max(piece.Written, touched);
        piece.Held += more;
        _held += more;
        while (_held > bytes)
        {
            var oldest = _byUse.First!.Value;
            _byUse.RemoveFirst();
            _known.Remove(oldest.Address);
            _held -= oldest.Held;
            memory += oldest.Written;
        }

        return memory;
    }

    private sealed class Piece(ulong address)
    {
        public ulong Address { get; } = address;

        /// <summary>Bytes that the cache has.</summary>
        public double Held { get; set; }

        /// <summary>Those of them that memory has yet to be told.</summary>
        public double Written { get; set; }
    }
}
