namespace EchoApex.Core.Datasets;

/// <summary>One draw of a sampler.</summary>
/// <param name="Epoch">Zero-based pass over the data.</param>
/// <param name="Index">Zero-based place in that pass.</param>
/// <param name="Sample">The sample, in [0, count).</param>
public readonly record struct SampleDraw(long Epoch, long Index, long Sample);
