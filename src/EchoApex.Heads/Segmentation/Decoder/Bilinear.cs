// Shape legend: B = maps, C = channels, H, W = rows and columns.
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>Bilinear resizing with aligned pixel centres' squares (align_corners false, no antialiasing).</summary>
internal static class Bilinear
{
    /// <summary>[B, C, H, W] to [B, C, height, width]; a new handle in any case.</summary>
    public static Tensor Resize(Tensor map_BCHW, long height, long width) =>
        map_BCHW.shape[2] == height && map_BCHW.shape[3] == width
            ? map_BCHW.alias()
            : nn.functional.interpolate(map_BCHW, [height, width], mode: InterpolationMode.Bilinear, align_corners: false);
}
