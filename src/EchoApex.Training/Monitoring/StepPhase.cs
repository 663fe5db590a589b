namespace EchoApex.Training.Monitoring;

/// <summary>Where the wall time of a training step goes.</summary>
public enum StepPhase
{
    /// <summary>Metrics, checkpoints and all that is not named below.</summary>
    Other,

    /// <summary>Waiting for the loader, and its bytes into tensors.</summary>
    Data,

    /// <summary>The teacher's pass.</summary>
    Teacher,

    /// <summary>The student's pass and the losses.</summary>
    Student,

    /// <summary>The gradients.</summary>
    Backward,

    /// <summary>Waiting for the other processes' gradients: what the backward pass did not hide.</summary>
    Reduction,

    /// <summary>Clipping, optimizer and the teacher's average.</summary>
    Optimizer,
}
