namespace EchoApex.Core.Sources.Volumes;

/// <summary>How a file packs its voxels.</summary>
internal enum VolumeCompression
{
    None,
    Gzip,
    Zlib,
}
