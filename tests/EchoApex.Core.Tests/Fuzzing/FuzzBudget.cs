namespace EchoApex.Core.Tests.Fuzzing;

/// <summary>What a reader has declared and checked while it reads one input: the size that its allocations are measured by.</summary>
internal sealed class FuzzBudget
{
    /// <summary>Bytes declared so far.</summary>
    public long Declared { get; private set; }

    /// <summary>Adds the size of something that the reader accepted and will make.</summary>
    public void Declare(long bytes) => Declared += bytes;
}
