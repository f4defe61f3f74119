using GenEngine.Kernels.Convolution;

namespace GenEngine.Checks.Cases;

/// <summary>The mask of a PixelCNN in its own words: what comes earlier in the order of rows, columns, colours.</summary>
internal static class MaskReference
{
    public static bool Visible(in ConvSpec spec, int r, int s, int output, int outputs, int input, int inputs)
    {
        if (spec.Mask == ConvMask.None) return true;
        var there = (r, s).CompareTo((spec.KernelHeight / 2, spec.KernelWidth / 2));
        if (there != 0) return there < 0;
        int perHalf = outputs / spec.OutputHalves, of = output % perHalf * spec.Colours / perHalf, sees = input * spec.Colours / inputs;
        return spec.Mask == ConvMask.B ? sees <= of : sees < of;
    }
}
