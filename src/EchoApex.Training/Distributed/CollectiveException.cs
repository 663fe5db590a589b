using EchoApex.Core.Runtime;

namespace EchoApex.Training.Distributed;

/// <summary>Processes of a run could not act together: one is missing, has failed, or was started differently.</summary>
public sealed class CollectiveException : EchoApexException
{
    /// <summary>Creates the exception.</summary>
    public CollectiveException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public CollectiveException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
