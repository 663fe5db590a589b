namespace EchoApex.Heads.ViewClassification;

/// <summary>How the frames of a clip make one answer.</summary>
public enum ClipAggregation
{
    /// <summary>The mean of the frames' probabilities.</summary>
    Mean,

    /// <summary>Each frame has one vote; the share of votes is the confidence, and the mean probability breaks a tie.</summary>
    Vote,

    /// <summary>The frame that is surest.</summary>
    MostConfident,
}
