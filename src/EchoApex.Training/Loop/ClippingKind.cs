namespace EchoApex.Training.Loop;

/// <summary>Over what a gradient's norm is limited.</summary>
public enum ClippingKind
{
    /// <summary>Each parameter on its own: DINO v1.</summary>
    EachParameter,

    /// <summary>Backbone and head, each as a whole: DINOv2.</summary>
    EachModule,
}
