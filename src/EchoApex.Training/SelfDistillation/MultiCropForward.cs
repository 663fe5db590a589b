// Shape legend: B = images, V = crops, S = side in pixels, R = V x B rows (crop-major), D = feature dimension, K = prototypes.
using EchoApex.Core.Backbones;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Runs crops of several sizes: consecutive crops of one size go through the backbone in one batch, and all features
/// through the head in one call.
/// </summary>
/// <remarks>
/// Upstream: dino/utils.py MultiCropWrapper. A BatchNorm in the head therefore sees all crops of the step at once, one in
/// the backbone only those of one size.
/// </remarks>
public static class MultiCropForward
{
    /// <summary>Encodes crops with gradient, unless the caller is in no_grad.</summary>
    /// <param name="network">Backbone and head.</param>
    /// <param name="crops">
    /// Images [n, 3, S, S]; an entry may hold one crop or several of the same size (crop-major). Global crops come first.
    /// </param>
    /// <returns>Rows in the order of the crops.</returns>
    /// <exception cref="ArgumentException">No crops, or a crop is not [n, C, H, W].</exception>
    public static MultiCropOutput Run(SelfDistillationNetwork network, IReadOnlyList<Tensor> crops)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(crops);
        if (crops.Count == 0 || crops.Any(crop => crop.dim() != 4))
        {
            throw new ArgumentException("At least one batch of crops [images, channels, height, width] is needed.", nameof(crops));
        }

        using var scope = NewDisposeScope();
        var features = new List<Tensor>();
        for (int start = 0; start < crops.Count;)
        {
            int end = start + 1;
            while (end < crops.Count && SameSize(crops[start], crops[end]))
            {
                end++;
            }

            var batch_BCHW = end - start == 1 ? crops[start] : cat([.. crops.Skip(start).Take(end - start)], 0);
            features.Add(ClsOf(network.Backbone, batch_BCHW));
            start = end;
        }

        var cls_RD = features.Count == 1 ? features[0] : cat(features, 0);
        var logits_RK = network.Head.call(cls_RD);
        return new MultiCropOutput(cls_RD.MoveToOuterDisposeScope(), logits_RK.MoveToOuterDisposeScope());
    }

    private static Tensor ClsOf(IBackbone backbone, Tensor images_BCHW)
    {
        var features = backbone.Extract(images_BCHW);
        features.Patches.Dispose();
        features.Registers?.Dispose();
        features.Prenorm?.Dispose();
        return features.Cls;
    }

    private static bool SameSize(Tensor a, Tensor b) => a.shape[2] == b.shape[2] && a.shape[3] == b.shape[3];
}
