using GenEngine.Data;
using GenEngine.Kernels.Layout;

namespace GenEngine;

/// <summary>
/// Images without labels, and beside each batch one of a few images with labels (<see cref="Batch.Labelled"/>): the labels of the others are nowhere on the device.
/// Each batch of the few has as many images as the other, so that they come round often.
/// </summary>
public sealed class SemiSupervisedData : ITrainingData
{
    private readonly DeviceDataset _images, _labelled;

    /// <param name="context">Where batches are made.</param>
    /// <param name="images">All images; their labels are not taken.</param>
    /// <param name="labelled">The few, with labels.</param>
    /// <param name="binarization">Of both.</param>
    public SemiSupervisedData(Context context, ImageDataset images, ImageDataset labelled, Binarization binarization = Binarization.None)
    {
        labelled.RequireClasses("A semi-supervised model");
        _images = new DeviceDataset(context, images.Unlabelled(), binarization);
        _labelled = new DeviceDataset(context, labelled, binarization);
        Shape = DataShape.Of(images);
    }

    public DataShape Shape { get; }

    public double ItemsAnEpoch => _images.ItemsAnEpoch;

    public ulong Position => _images.Position;

    public void Seek(ulong next)
    {
        _images.Seek(next);
        _labelled.Seek(next); // both move by the same number of images
    }

    public Batch NextBatch(int batch)
    {
        var labelled = _labelled.NextBatch(batch);
        return _images.NextBatch(batch) with { Labelled = labelled };
    }

    public void Dispose()
    {
        _images.Dispose();
        _labelled.Dispose();
    }
}
