namespace EchoApex.Core.Checkpoints;

/// <summary>A tensor whose shape in the file is not the network's.</summary>
/// <param name="Key">The network's key name.</param>
/// <param name="Expected">Shape in the network.</param>
/// <param name="Found">Shape in the file.</param>
public sealed record MisshapenTensor(string Key, IReadOnlyList<long> Expected, IReadOnlyList<long> Found)
{
    /// <summary>"KEY is [2, 3], expected [2, 4]".</summary>
    public override string ToString() => $"{Key} is {TensorEntry.Describe(Found)}, expected {TensorEntry.Describe(Expected)}";
}
