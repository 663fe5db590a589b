namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>Weights of torchvision's resnet50. Source: pytorch/vision, torchvision/models/resnet.py.</summary>
public sealed class TorchvisionKeyMap : KeyMap
{
    /// <inheritdoc/>
    public override string Name => "torchvision";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Heads { get; } = ["fc."];
}
