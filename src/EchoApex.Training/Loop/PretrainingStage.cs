namespace EchoApex.Training.Loop;

/// <summary>Which method a run trains with.</summary>
public enum PretrainingStage
{
    /// <summary>DINO v1: the cls tokens of crops.</summary>
    Dino,

    /// <summary>DINOv2: cls tokens, hidden patches (iBOT) and KoLeo; often from the weights of a DINO run.</summary>
    Dinov2,
}
