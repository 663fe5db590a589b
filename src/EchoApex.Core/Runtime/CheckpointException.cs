namespace EchoApex.Core.Runtime;

/// <summary>A weights file or checkpoint that is damaged or does not fit the model it is loaded into.</summary>
public sealed class CheckpointException : EchoApexException
{
    /// <summary>Creates the error.</summary>
    /// <param name="file">The weights file or checkpoint.</param>
    /// <param name="reason">What is wrong with it, with the value found and the remedy.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public CheckpointException(string file, string reason, Exception? innerException = null)
        : base($"{file}: {reason}", innerException) => File = file;

    /// <summary>The weights file or checkpoint.</summary>
    public string File { get; }
}
