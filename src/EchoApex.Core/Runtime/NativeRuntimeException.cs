namespace EchoApex.Core.Runtime;

/// <summary>The native libraries that EchoApex stands on could not be loaded; the message names the true cause and the remedy.</summary>
public sealed class NativeRuntimeException : EchoApexException
{
    /// <summary>Creates the error.</summary>
    public NativeRuntimeException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
