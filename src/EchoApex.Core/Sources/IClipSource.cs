using EchoApex.Core.Imaging;

namespace EchoApex.Core.Sources;

/// <summary>Reads one family of files into clips. Implementations hold no state and may be used from several threads.</summary>
public interface IClipSource
{
    /// <summary>The family's name in messages, such as "DICOM".</summary>
    string Name { get; }

    /// <summary>Whether a file looks like one of this family, by its first bytes or, where those say nothing, its name.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="head">Up to the first 4,096 bytes of the file; empty for a folder.</param>
    bool Recognizes(string path, ReadOnlySpan<byte> head);

    /// <summary>Opens a clip. Frames may be decoded later, one at a time.</summary>
    /// <exception cref="Runtime.DataException">The file cannot be read as what it claims to be.</exception>
    EchoClip Open(string path);
}
