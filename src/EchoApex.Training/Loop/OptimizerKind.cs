namespace EchoApex.Training.Loop;

/// <summary>How gradients change the weights.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW: both recipes for vision transformers.</summary>
    Adamw,

    /// <summary>Stochastic gradient descent with momentum: DINO's recipe for ResNet50.</summary>
    Sgd,
}
