using EchoApex.Core.Imaging;
using EchoApex.Core.Sources.Volumes;

namespace EchoApex.Core.Sources.Nifti;

/// <summary>
/// Reads NIfTI-1 and NIfTI-2 images (.nii, .nii.gz, either byte order) as clips: columns and rows are the first two axes, frames
/// the one other axis that is longer than 1. Values of 0 to 255 are kept whatever their type, others are refused, because a scale
/// made up from one file would not fit the next. Orientation (qform, sform) is not applied: rows stay as stored.
/// </summary>
/// <remarks>Source: the NIfTI-1.1 and NIfTI-2 headers nifti1.h and nifti2.h (nifti.nimh.nih.gov).</remarks>
public sealed class NiftiClipSource : IClipSource
{
    /// <inheritdoc/>
    public string Name => "NIfTI";

    /// <inheritdoc/>
    public bool Recognizes(string path, ReadOnlySpan<byte> head) => NiftiFile.HasName(path) || NiftiFile.Recognizes(head);

    /// <inheritdoc/>
    public EchoClip Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return VolumeClip.Open(NiftiFile.ReadHeader(path));
    }
}
