namespace EchoApex.Training.Distributed;

/// <summary>A reduction that has begun.</summary>
public interface IPendingReduction
{
    /// <summary>Returns when the values are there.</summary>
    /// <exception cref="CollectiveException">A process is missing, or the engine reports a fault.</exception>
    void Wait();
}
