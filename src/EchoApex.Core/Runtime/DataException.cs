namespace EchoApex.Core.Runtime;

/// <summary>A file, or one frame of it, that cannot be read as what it claims to be.</summary>
public sealed class DataException : EchoApexException
{
    /// <summary>Creates the error.</summary>
    /// <param name="file">Path or name of the file.</param>
    /// <param name="reason">What is wrong with it, with the value found; a sentence without the file name.</param>
    /// <param name="frame">Zero-based frame index, when the fault lies in one frame.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DataException(string file, string reason, int? frame = null, Exception? innerException = null)
        : base(frame is { } index ? $"{file}: frame {index}: {reason}" : $"{file}: {reason}", innerException)
    {
        File = file;
        Frame = frame;
        Reason = reason;
    }

    /// <summary>Path or name of the file.</summary>
    public string File { get; }

    /// <summary>Zero-based frame index, when the fault lies in one frame.</summary>
    public int? Frame { get; }

    /// <summary>What is wrong, without the file name.</summary>
    public string Reason { get; }
}
