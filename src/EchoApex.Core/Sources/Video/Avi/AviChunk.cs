namespace EchoApex.Core.Sources.Video.Avi;

/// <summary>Where a frame's bytes lie in an AVI file.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes; 0 repeats the frame before.</param>
internal readonly record struct AviChunk(long Offset, int Length);
