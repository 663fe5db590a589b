using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Phantoms;

/// <summary>A set of phantom clips for <see cref="PhantomSetWriter"/>.</summary>
public sealed record PhantomSetOptions
{
    /// <summary>Number of clips.</summary>
    [Range(1, 10_000_000)]
    public int Count { get; init; } = 60;

    /// <summary>Seed of the set.</summary>
    public ulong Seed { get; init; }

    /// <summary>The clips themselves.</summary>
    public PhantomOptions Clip { get; init; } = new();

    /// <summary>Whether to write DICOM files.</summary>
    public bool Dicom { get; init; } = true;

    /// <summary>Whether to write Motion JPEG AVI files.</summary>
    public bool Avi { get; init; } = true;

    /// <summary>Whether to write the truth beside the clips.</summary>
    public bool Truth { get; init; } = true;

    /// <summary>How DICOM files store pixels.</summary>
    public DicomPixelEncoding DicomEncoding { get; init; }
}
