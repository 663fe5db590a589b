// Shape legend: B = samples, L = local crops, N = patches, M = masked patches, D = feature dimension, K = prototypes,
// R = rows of a head's call.
using EchoApex.Core.Backbones;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>The two networks' passes of a DINOv2 step: one backbone pass a crop size, one call a head.</summary>
/// <remarks>
/// Upstream: dinov2/train/ssl_meta_arch.py forward_backward. The heads get the masked patches alone; upstream pads them to a
/// fixed number of rows, which changes no result.
/// </remarks>
internal static class Dinov2Forward
{
    /// <summary>The teacher on whole global crops, without gradient. Its cls halves are swapped, so that row i meets the student's other crop.</summary>
    public static Dinov2Output Teacher(SelfDistillationNetwork network, Tensor globals_BCHW, MaskBatch masks, bool patches)
    {
        using var noGrad = no_grad();
        var (cls_RD, masked_MD) = Encode(network.Backbone, globals_BCHW, null, patches ? masks.Indices : null);
        long batch = cls_RD.shape[0] / 2;
        var swapped_RD = cat([cls_RD.narrow(0, batch, batch), cls_RD.narrow(0, 0, batch)], 0);
        return Project(network, cls_RD, swapped_RD, null, masked_MD);
    }

    /// <summary>The student on global crops with hidden patches and on whole local crops.</summary>
    public static Dinov2Output Student(SelfDistillationNetwork network, Tensor globals_BCHW, Tensor? locals_BCHW, MaskBatch masks, bool patches)
    {
        var (cls_RD, masked_MD) = Encode(network.Backbone, globals_BCHW, masks.Masks, patches ? masks.Indices : null);
        var locals_LD = locals_BCHW is null ? null : Encode(network.Backbone, locals_BCHW, null, null).Cls;
        return Project(network, cls_RD, cls_RD, locals_LD, masked_MD);
    }

    private static (Tensor Cls, Tensor? Masked) Encode(IBackbone backbone, Tensor images_BCHW, Tensor? masks_BN, Tensor? indices_M)
    {
        var features = backbone.Extract(images_BCHW, masks_BN);
        using var patches_BND = features.Patches;
        features.Registers?.Dispose();
        features.Prenorm?.Dispose();
        return (features.Cls, indices_M is null ? null : patches_BND.flatten(0, 1).index_select(0, indices_M));
    }

    private static Dinov2Output Project(SelfDistillationNetwork network, Tensor cls_RD, Tensor globals_RD, Tensor? locals_LD, Tensor? masked_MD)
    {
        bool shared = network.PatchHead is null;
        var inputs = new List<Tensor>();
        foreach (var rows in new[] { locals_LD, globals_RD, shared ? masked_MD : null })
        {
            if (rows is not null)
            {
                inputs.Add(rows);
            }
        }

        var logits_RK = network.Head.call(inputs.Count == 1 ? inputs[0] : cat(inputs, 0));
        long locals = locals_LD?.shape[0] ?? 0;
        long globals = globals_RD.shape[0];
        var patches_MK = masked_MD is null ? null
            : shared ? logits_RK.narrow(0, locals + globals, masked_MD.shape[0])
            : network.PatchHead!.call(masked_MD);
        return new Dinov2Output(cls_RD, logits_RK.narrow(0, locals, globals), locals == 0 ? null : logits_RK.narrow(0, 0, locals), patches_MK);
    }
}
