namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>
/// Weights of DINO (v1): encoder files (dino_deitsmall16_pretrain.pth, dino_resnet50_pretrain.pth) and full checkpoints
/// {student, teacher, optimizer, epoch, args, dino_loss}. Source: facebookresearch/dino, main_dino.py, utils.py.
/// </summary>
public sealed class DinoKeyMap : KeyMap
{
    /// <inheritdoc/>
    public override string Name => "dino";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Heads { get; } = ["head.", "fc.", "projection_head.", "prototypes."];
}
