using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.MetaImage;
using EchoApex.Core.Sources.Nifti;

namespace EchoApex.Core.Sources.Volumes;

/// <summary>
/// A NIfTI or MetaImage file whose voxels are labels (0 to 255): the header is read at once, the labels of a frame when they are
/// asked for. Immutable; may be used from several threads.
/// </summary>
public sealed class LabelVolume
{
    private readonly VolumeHeader _header;

    private LabelVolume(VolumeHeader header) => _header = header;

    /// <summary>The file.</summary>
    public string Path => _header.Path;

    /// <summary>Frames, at least 1.</summary>
    public int FrameCount => _header.FrameCount;

    /// <summary>Rows.</summary>
    public int Height => _header.Height;

    /// <summary>Columns.</summary>
    public int Width => _header.Width;

    /// <summary>Reads the header.</summary>
    /// <param name="path">A .nii, .nii.gz, .mhd or .mha file.</param>
    /// <exception cref="DataException">The file is missing, of another kind or damaged, or holds colours.</exception>
    public static LabelVolume Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var header = MetaImageFile.HasName(path) ? MetaImageFile.ReadHeader(path) : NiftiFile.ReadHeader(path);
        return header.Channels == 1 ? new LabelVolume(header) : throw new DataException(path, $"holds colours ({header.TypeName}), not labels.");
    }

    /// <summary>The labels of a frame, row by row.</summary>
    /// <param name="frame">The frame, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="DataException">The data is damaged, or a voxel is not a whole number of 0 to 255.</exception>
    public byte[] ReadLabels(int frame)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, FrameCount);
        return VolumePixels.ReadLabels(_header, frame);
    }
}
