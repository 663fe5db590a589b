using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using FellowOakDicom;

namespace EchoApex.FoDicom;

/// <summary>Makes clips of DICOM objects that fo-dicom has read or received.</summary>
public static class FoDicomClips
{
    /// <summary>Makes a clip of a file.</summary>
    /// <param name="file">The file; where fo-dicom left large elements in it, it must stay where it is as long as the clip is used.</param>
    /// <returns>The clip; its frames are decoded, by EchoApex, when they are asked for.</returns>
    /// <exception cref="DataException">It holds no pixels, or none that EchoApex reads; the message says what, and the remedy.</exception>
    public static EchoClip ToEchoClip(this DicomFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Dataset.ToEchoClip(file.File?.Name ?? "DICOM file");
    }

    /// <summary>Makes a clip of a data set, for instance one that came over the network.</summary>
    /// <param name="dataset">The data set. It must not be changed as long as the clip is used.</param>
    /// <param name="name">The clip's origin, for messages. It should name no patient.</param>
    /// <returns>The clip; its frames are decoded, by EchoApex, when they are asked for.</returns>
    /// <exception cref="DataException">It holds no pixels, or none that EchoApex reads; the message says what, and the remedy.</exception>
    public static EchoClip ToEchoClip(this DicomDataset dataset, string name)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var elements = new FoDicomElements(dataset);
        return DicomClips.Create(elements, FoDicomFrames.Of(dataset, elements, name), dataset.InternalTransferSyntax.UID.UID, name);
    }
}
