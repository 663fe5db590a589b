using EchoApex.Core.Imaging;
using EchoApex.Core.Sources.Volumes;

namespace EchoApex.Core.Sources.MetaImage;

/// <summary>
/// Reads MetaImage files (.mhd with .raw or .zraw beside it, .mha) as clips: columns and rows are the first two axes, frames the
/// one other axis that is longer than 1. Values of 0 to 255 are kept whatever their type, others are refused, because a scale made
/// up from one file would not fit the next.
/// </summary>
/// <remarks>Source: the MetaIO documentation of ITK (itk.org/Wiki/ITK/MetaIO/Documentation).</remarks>
public sealed class MetaImageClipSource : IClipSource
{
    /// <inheritdoc/>
    public string Name => "MetaImage";

    /// <inheritdoc/>
    public bool Recognizes(string path, ReadOnlySpan<byte> head) => MetaImageFile.HasName(path) || MetaImageFile.Recognizes(head);

    /// <inheritdoc/>
    public EchoClip Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return VolumeClip.Open(MetaImageFile.ReadHeader(path));
    }
}
