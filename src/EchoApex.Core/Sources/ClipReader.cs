using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Sources.MetaImage;
using EchoApex.Core.Sources.Nifti;
using EchoApex.Core.Sources.Video;
using OpenCvSharp;

namespace EchoApex.Core.Sources;

/// <summary>Opens clips of every family that EchoApex reads, and finds them in folders. Files are told apart by content.</summary>
public static class ClipReader
{
    private const int HeadLength = 4096;

    /// <summary>The families in the order in which they are asked.</summary>
    public static IReadOnlyList<IClipSource> Sources { get; } = [new DicomClipSource(), new VideoClipSource(), new PictureClipSource(), new NiftiClipSource(), new MetaImageClipSource()];

    /// <summary>Opens a DICOM file, a video, a picture, a NIfTI or MetaImage file, or a folder of pictures.</summary>
    /// <param name="path">File or folder.</param>
    /// <exception cref="DataException">The path does not exist, is of no known family, or cannot be read.</exception>
    /// <exception cref="NativeRuntimeException">OpenCV cannot be used on this machine.</exception>
    public static EchoClip Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool folder = Directory.Exists(path);
        if (!folder && !File.Exists(path))
        {
            throw new DataException(path, "does not exist.");
        }

        OpenCvRuntime.EnsureAvailable();

        // Decoders report damage to the standard error stream by themselves; here it becomes an exception.
        Cv2.SetLogLevel(LogLevel.SILENT);
        byte[] head = [];
        if (folder)
        {
            RequireListable(path);
        }
        else
        {
            head = ReadHead(path);
        }

        foreach (var source in Sources)
        {
            if (source.Recognizes(path, head))
            {
                return source.Open(path);
            }
        }

        throw new DataException(path, folder
            ? "the folder holds no PNG or JPEG pictures directly. To read the clips below it, name them one by one or use a command that takes folders."
            : $"is none of the kinds that EchoApex reads ({string.Join(", ", Sources.Select(source => source.Name))}).");
    }

    /// <summary>
    /// Paths below a folder that look like clips, in ordinal order: DICOM files and videos by content or name, folders whose
    /// pictures are called frame..., each as one clip, and all other pictures, each as a clip of one frame. Hidden files and
    /// folders and DICOMDIR are passed over, and so are NIfTI and MetaImage files called ..._gt, which are masks (CAMUS). Links to
    /// folders are followed, each folder is entered once. Nothing is decoded, so a path may still fail to open; a folder that cannot
    /// be listed is named itself, and opening it says why.
    /// </summary>
    /// <param name="folder">Where to look, all levels deep.</param>
    /// <exception cref="DataException">The folder does not exist.</exception>
    public static IEnumerable<string> EnumerateClips(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new FolderWalk().Clips(folder);
    }

    /// <summary>The first bytes of a file, by which its kind is told.</summary>
    internal static byte[] ReadHead(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path);
            byte[] head = new byte[Math.Min(HeadLength, RandomAccess.GetLength(handle))];
            int count = RandomAccess.Read(handle, head, 0);
            return head[..count];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }
    }

    private static void RequireListable(string folder)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(folder).Any();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(folder, $"the folder cannot be listed: {error.Message}", innerException: error);
        }
    }
}
