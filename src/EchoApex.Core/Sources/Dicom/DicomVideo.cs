using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Video;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// MPEG-2, H.264 and HEVC in DICOM (PS3.5 A.4.5 to A.4.9): the stream is put into a temporary file, which is decoded once, in order,
/// and deleted whatever happens. Nobody else may read it meanwhile.
/// </summary>
internal static class DicomVideo
{
    /// <summary>Decodes all frames.</summary>
    /// <exception cref="DataException">The stream cannot be decoded, or its frames have another size than the header declares.</exception>
    public static DicomPicture Decode(IDicomElements elements, IDicomFrames frames, TransferSyntax syntax, PixelDescription description, string path, List<string> notes)
    {
        byte[] stream = new byte[frames.LengthOf(0)];
        frames.Read(0, stream);
        OpenCvRuntime.EnsureAvailable();
        string file = Path.Combine(Path.GetTempPath(), $"echoapex-{Guid.NewGuid():N}{Extension(stream, syntax)}");
        DecodedVideo video;
        try
        {
            using (var output = CreatePrivate(file))
            {
                output.Write(stream);
            }

            video = VideoDecoder.Decode(file, path, (description.Rows, description.Columns));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"its video could not be put into a temporary file ({file}): {error.Message} Set TMPDIR to a folder with {stream.Length >> 20} MiB free.", innerException: error);
        }
        finally
        {
            if (File.Exists(file))
            {
                File.Delete(file);
            }
        }

        if (description.DeclaredFrames is { } declared && declared != video.Frames.Count)
        {
            notes.Add($"The header declares {declared} frames; {video.Frames.Count} could be decoded.");
        }

        return new DicomPicture(video.ToStore(), video.FramesPerSecond);
    }

    /// <summary>Makes a file that nobody but its owner may read: the pictures may bear a patient's name, and the folder is shared.</summary>
    internal static FileStream CreatePrivate(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    // FFmpeg recognises containers by their content, but bare streams also by their name.
    private static string Extension(ReadOnlySpan<byte> stream, TransferSyntax syntax) => stream switch
    {
        [0, 0, 1, 0xBA, ..] => ".mpg",
        [0x47, ..] => ".ts",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => ".mp4",
        _ when syntax.Name.Contains("MPEG2", StringComparison.Ordinal) => ".m2v",
        _ when syntax.Name.Contains("HEVC", StringComparison.Ordinal) => ".hevc",
        _ => ".h264",
    };
}
