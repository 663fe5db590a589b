namespace EchoApex.Heads.EjectionFraction;

/// <summary>How the patch tokens of a frame become one vector.</summary>
public enum FramePooling
{
    /// <summary>A learned query weighs the patches.</summary>
    Attention,

    /// <summary>Their mean.</summary>
    Mean,
}
