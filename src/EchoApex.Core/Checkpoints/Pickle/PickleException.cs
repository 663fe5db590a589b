namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>A fault of a pickle, without the file's name; the reader of the file turns it into a CheckpointException.</summary>
internal sealed class PickleException : Exception
{
    /// <param name="fault">What is wrong, as the rest of a sentence that starts with "the pickle".</param>
    public PickleException(string fault)
        : base(fault)
    {
    }
}
