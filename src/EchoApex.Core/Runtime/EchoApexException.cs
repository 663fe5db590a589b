namespace EchoApex.Core.Runtime;

/// <summary>
/// Base of every error that a user can cause or cure. The message says what failed, where, the value found and the
/// remedy, so that showing it alone is enough; programming errors use the <see cref="ArgumentException"/> family.
/// </summary>
public class EchoApexException : Exception
{
    /// <summary>Creates the error with a message that is complete on its own.</summary>
    public EchoApexException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public EchoApexException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
