// Shape legend: B = images, C = channels, h, w = rows and columns of a map.
using static TorchSharp.torch;

namespace EchoApex.Heads.Layers;

/// <summary>
/// Fills the channels of a network's input up with zeros: oneDNN's gradients of 3x3 convolutions with fewer than 16 channels are
/// not finite on some processors.
/// </summary>
internal static class ChannelPadding
{
    /// <summary>The channels that every convolution with a kernel above 1 has at least.</summary>
    public const int Channels = 16;

    /// <summary>[B, C, h, w] to [B, 16, h, w]; C is at most 16. A new handle in any case.</summary>
    public static Tensor Fill(Tensor map_BChw)
    {
        long missing = Channels - map_BChw.shape[1];
        if (missing == 0)
        {
            return map_BChw.alias();
        }

        using var nothing = zeros([map_BChw.shape[0], missing, map_BChw.shape[2], map_BChw.shape[3]], map_BChw.dtype, map_BChw.device);
        return cat([map_BChw, nothing], 1);
    }
}
