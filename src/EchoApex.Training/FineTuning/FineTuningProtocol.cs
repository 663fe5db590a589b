namespace EchoApex.Training.FineTuning;

/// <summary>What of the encoder learns beside the head.</summary>
public enum FineTuningProtocol
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>Adapters, under 4 % of the parameters; the encoder itself stays frozen.</summary>
    Adapter,

    /// <summary>Nothing: the head alone.</summary>
    Linear,
}
