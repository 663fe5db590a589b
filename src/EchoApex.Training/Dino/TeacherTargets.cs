namespace EchoApex.Training.Dino;

/// <summary>How the teacher's scores become target distributions that do not collapse.</summary>
public enum TeacherTargets
{
    /// <summary>DINO: subtract a running mean of the scores, then sharpen with the teacher temperature.</summary>
    Centering,

    /// <summary>
    /// Sinkhorn-Knopp over the batch's global crops. Not part of DINO v1: DINOv2's choice, offered here because plain
    /// centering collapses at small scale (narrow network, few prototypes, minutes of training).
    /// </summary>
    SinkhornKnopp,
}
