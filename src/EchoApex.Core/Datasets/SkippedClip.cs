namespace EchoApex.Core.Datasets;

/// <summary>A file that a data set leaves out.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">Why it cannot be read.</param>
public sealed record SkippedClip(string Path, string Reason);
