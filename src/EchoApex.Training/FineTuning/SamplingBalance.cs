namespace EchoApex.Training.FineTuning;

/// <summary>How often the samples of a class are drawn.</summary>
public enum SamplingBalance
{
    /// <summary>Every sample once an epoch, whatever its class.</summary>
    None,

    /// <summary>A class by the square root of its size.</summary>
    SquareRoot,

    /// <summary>Every class equally often.</summary>
    Class,
}
