namespace GenEngine;

/// <summary>Data on the device that training draws batches from: an endless stream whose position is device memory too, so that a captured step moves on by itself.</summary>
public interface ITrainingData : IDisposable
{
    /// <summary>What a model that learns from it is built for.</summary>
    DataShape Shape { get; }

    /// <summary>Items that show all of the data once: images, or windows laid end to end. The unit of epochs.</summary>
    double ItemsAnEpoch { get; }

    /// <summary>Index of the next item in the endless stream.</summary>
    ulong Position { get; }

    /// <summary>Moves the training stream, for a resume.</summary>
    void Seek(ulong next);

    /// <summary>Inside a training step: the next batch of the stream.</summary>
    Batch NextBatch(int batch);
}
