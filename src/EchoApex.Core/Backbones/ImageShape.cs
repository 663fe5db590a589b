// Shape legend: B = images, C = channels, H, W = pixels, N = patches.
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones;

/// <summary>Checks of an encoder's arguments, with the numbers found in the message.</summary>
internal static class ImageShape
{
    /// <summary>Checks a batch of images and returns its patch grid.</summary>
    /// <exception cref="ArgumentException">Not [B, C, H, W], another number of channels, not floating point, or H or W no multiple of the patch.</exception>
    public static (int GridHeight, int GridWidth) Check(Tensor images_BCHW, int channels, int patchSize, string architecture)
    {
        ArgumentNullException.ThrowIfNull(images_BCHW);
        long[] shape = images_BCHW.shape;
        string found = $"got {images_BCHW.dtype} [{string.Join(", ", shape)}]";
        if (shape.Length != 4 || shape[0] < 1 || shape[1] != channels || !images_BCHW.is_floating_point())
        {
            throw new ArgumentException($"{architecture} takes normalised floating-point images [B, {channels}, H, W]; {found}.", nameof(images_BCHW));
        }

        if (shape[2] < patchSize || shape[3] < patchSize || shape[2] % patchSize != 0 || shape[3] % patchSize != 0)
        {
            throw new ArgumentException(
                $"{architecture} takes images whose height and width are multiples of {patchSize} pixels; {found}. Resize or crop them to a multiple.", nameof(images_BCHW));
        }

        return (checked((int)(shape[2] / patchSize)), checked((int)(shape[3] / patchSize)));
    }

    /// <summary>Checks the masks of a batch: none, or bool [B, N] for an encoder with a mask token.</summary>
    /// <exception cref="ArgumentException">The encoder has no mask token, or the masks have another type or shape.</exception>
    public static void CheckMasks(Tensor? masks_BN, long images, long patches, bool hasMaskToken, string architecture)
    {
        if (masks_BN is null)
        {
            return;
        }

        if (!hasMaskToken)
        {
            throw new ArgumentException($"{architecture} has no mask token and takes no masks.", nameof(masks_BN));
        }

        if (masks_BN.dtype != ScalarType.Bool || masks_BN.dim() != 2 || masks_BN.shape[0] != images || masks_BN.shape[1] != patches)
        {
            throw new ArgumentException($"Masks must be bool [{images}, {patches}], one value a patch; got {masks_BN.dtype} [{string.Join(", ", masks_BN.shape)}].", nameof(masks_BN));
        }
    }

    /// <summary>Checks the stages asked of an encoder.</summary>
    /// <exception cref="ArgumentException">None, not ascending, or out of range.</exception>
    public static void CheckStages(IReadOnlyList<int> stages, int count)
    {
        ArgumentNullException.ThrowIfNull(stages);
        for (int i = 0; i < stages.Count; i++)
        {
            if (stages[i] < 0 || stages[i] >= count || (i > 0 && stages[i] <= stages[i - 1]))
            {
                throw new ArgumentException($"Stages must be ascending numbers of 0 to {count - 1}; got {string.Join(", ", stages)}.", nameof(stages));
            }
        }

        if (stages.Count == 0)
        {
            throw new ArgumentException($"At least one stage of 0 to {count - 1} must be asked for.", nameof(stages));
        }
    }
}
