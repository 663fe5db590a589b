// Shape legend: P = prompts, M = masks, h, w = size of the decoder's masks.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// Segment Anything's way from a picture to its square input and back: the longer side becomes the input's side, the rest is
/// zeros at the bottom and right (segment_anything/utils/transforms.py, modeling/sam.py). For use with imported decoders;
/// <see cref="SegmentationSession"/> follows the encoder's own preprocessing instead.
/// </summary>
/// <param name="Height">Rows of the original picture.</param>
/// <param name="Width">Columns of the original picture.</param>
/// <param name="Side">Side of the square input in pixels; 1,024 in the reference.</param>
public sealed record LongestSideTransform(int Height, int Width, int Side)
{
    private static readonly float[] Mean = [123.675f, 116.28f, 103.53f];
    private static readonly float[] Std = [58.395f, 57.12f, 57.375f];

    /// <summary>Rows of the picture inside the square input.</summary>
    public int ResizedHeight => Resized(Height);

    /// <summary>Columns of the picture inside the square input.</summary>
    public int ResizedWidth => Resized(Width);

    /// <summary>A place in the original picture as a place in the input, both in pixels from the top left corner.</summary>
    public (double X, double Y) ToInput(double x, double y) => (x * ((double)ResizedWidth / Width), y * ((double)ResizedHeight / Height));

    /// <summary>Normalises a resized picture by the reference's means and deviations and fills the square up with zeros.</summary>
    /// <param name="picture_3hw">float32 [3, h, w], red, green, blue on the scale of 0 to 255.</param>
    /// <returns>[3, Side, Side].</returns>
    public Tensor ToSquare(Tensor picture_3hw)
    {
        ArgumentNullException.ThrowIfNull(picture_3hw);
        using var scope = NewDisposeScope();
        var mean = tensor(Mean, device: picture_3hw.device).view(3, 1, 1);
        var std = tensor(Std, device: picture_3hw.device).view(3, 1, 1);
        var normalised = (picture_3hw - mean) / std;
        return nn.functional.pad(normalised, [0, Side - picture_3hw.shape[2], 0, Side - picture_3hw.shape[1]]).MoveToOuterDisposeScope();
    }

    /// <summary>The decoder's logits at the original picture's size: enlarged to the square, cut, resized; all bilinear.</summary>
    /// <param name="masks_PMhw">Logits of the decoder.</param>
    /// <returns>[P, M, Height, Width]; a pixel belongs to the mask where its logit is above 0.</returns>
    public Tensor ToOriginal(Tensor masks_PMhw)
    {
        ArgumentNullException.ThrowIfNull(masks_PMhw);
        return ToOriginal(masks_PMhw, ResizedHeight, ResizedWidth);
    }

    /// <summary>The same for a picture that filled other rows and columns of the input.</summary>
    internal Tensor ToOriginal(Tensor masks_PMhw, int inputHeight, int inputWidth)
    {
        using var scope = NewDisposeScope();
        var square = Bilinear.Resize(masks_PMhw, Side, Side);
        var cut = square.narrow(2, 0, inputHeight).narrow(3, 0, inputWidth);
        return Bilinear.Resize(cut, Height, Width).MoveToOuterDisposeScope();
    }

    private int Resized(int length) => (int)((length * ((double)Side / Math.Max(Height, Width))) + 0.5);
}
