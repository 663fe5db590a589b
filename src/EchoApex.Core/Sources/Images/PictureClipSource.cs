using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Images;

/// <summary>
/// Reads a PNG or JPEG picture as a clip of one frame, and a folder of them as a clip whose frames are the pictures in the
/// order of their names, numbers in them by value (frame2.png before frame10.png). Hidden files are left out. Alpha is dropped, 16-bit values keep their high byte.
/// </summary>
public sealed class PictureClipSource : IClipSource
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg"];

    /// <inheritdoc/>
    public string Name => "pictures";

    /// <inheritdoc/>
    public bool Recognizes(string path, ReadOnlySpan<byte> head) =>
        Directory.Exists(path) ? Pictures(path).Any() : PictureFile.Recognizes(head) || IsPicture(path);

    /// <inheritdoc/>
    public EchoClip Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path) ? OpenFolder(path) : Create(path, [PictureFile.Open(path)]);
    }

    /// <summary>Whether a file's name says that it is a picture.</summary>
    internal static bool IsPicture(string path) =>
        Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static EchoClip OpenFolder(string folder)
    {
        PictureFile[] pictures = [.. Pictures(folder).Select(PictureFile.Open)];
        if (pictures.Length == 0)
        {
            throw new DataException(folder, "the folder holds no PNG or JPEG pictures.");
        }

        var odd = Array.Find(pictures, picture => picture.Width != pictures[0].Width || picture.Height != pictures[0].Height);
        return odd is null
            ? Create(folder, pictures)
            : throw new DataException(odd.Path, $"is {odd.Width} x {odd.Height} pixels, but {Path.GetFileName(pictures[0].Path)} is {pictures[0].Width} x {pictures[0].Height}; the frames of one clip must have one size.");
    }

    private static EchoClip Create(string path, PictureFile[] pictures) =>
        new(new PictureFrameStore(pictures), new ClipOrigin(path, pictures[0].Format) { IsLossy = pictures.Any(picture => picture.Format == "JPEG") });

    // Names that begin with a dot hide: ._frame_0001.png of macOS holds no picture.
    private static IEnumerable<string> Pictures(string folder) =>
        Directory.EnumerateFiles(folder).Where(path => IsPicture(path) && !Path.GetFileName(path).StartsWith('.')).Order(NumberedNames.Instance);
}
