namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>What happens to a tensor on its way from a foreign file.</summary>
public enum TensorTransform
{
    /// <summary>Taken as it is.</summary>
    None,

    /// <summary>
    /// A position table [1, N, D] without a slot for the cls token gets one of zeros in front: timm's register weights have
    /// added the cls token's position to the token itself.
    /// </summary>
    PrependPositionSlot,
}
