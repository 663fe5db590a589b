using System.CommandLine;
using EchoApex.Core.Arrays;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Sources.Video;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex convert</c>: a clip as pictures, an array or a video.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("path") { Description = "A DICOM file, video, picture, or folder of pictures." };
        var output = new Argument<string>("out") { Description = "File (.npy, .avi; .png for a clip of one frame) or folder of PNG files to make; it must not exist." };
        var format = new Option<string?>("--format") { Description = "png (a folder of frame_0000.png...), npy (uint8 [T,H,W,C]) or avi (Motion JPEG); by default told by OUT's extension, else png." };
        format.AcceptOnlyFromAmong("png", "npy", "avi");
        var raw = new Option<bool>("--raw") { Description = "Every pixel as stored, after colour conversion. Text in the picture stays: it may identify the patient. Without it, the ultrasound sector alone." };
        var command = new Command("convert", "Convert a clip to pictures, a NumPy array or a video.") { path, output, format, raw };
        command.SetAction((parsed, cancellationToken) =>
        {
            string target = parsed.GetRequiredValue(output);
            string kind = KindOf(target, parsed.GetValue(format));
            RequireFree(target, kind);
            var clip = ClipReader.Open(parsed.GetRequiredValue(path));
            if (!parsed.GetValue(raw))
            {
                clip = SectorFinder.Find(clip).Apply(clip);
            }

            Write(clip, target, kind, cancellationToken);
            Console.WriteLine($"{target}: {clip.FrameCount} frames of {clip.Height} x {clip.Width} x {clip.Channels}");
            return Task.FromResult(0);
        });
        return command;
    }

    private static string KindOf(string target, string? format)
    {
        string? named = Path.GetExtension(target).ToUpperInvariant() switch
        {
            ".NPY" => "npy",
            ".AVI" => "avi",
            ".PNG" => "png",
            _ => null,
        };
        return named is not null && format is not null && named != format
            ? throw new ConfigurationException("command line", $"--format is {format}, but '{target}' ends with {Path.GetExtension(target)}. Leave out --format, or name OUT otherwise.")
            : format ?? named ?? "png";
    }

    private static bool IsPicture(string target) => Path.GetExtension(target).Equals(".png", StringComparison.OrdinalIgnoreCase);

    private static void RequireFree(string target, string kind)
    {
        if (kind == "png" && !IsPicture(target))
        {
            AtomicOutput.RequireNew(target);
        }
        else if (File.Exists(target) || Directory.Exists(target))
        {
            throw new EchoApexException($"The output '{target}' exists. Choose another name or delete it first; nothing was written.");
        }
    }

    private static void Write(EchoClip clip, string target, string kind, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case "png" when IsPicture(target):
                WritePicture(clip, target);
                break;
            case "png":
                PngClipWriter.Write(target, clip, cancellationToken);
                break;
            case "npy":
                WriteArray(clip, target, cancellationToken);
                break;
            default:
                AviClipWriter.Write(target, clip);
                break;
        }
    }

    private static void WritePicture(EchoClip clip, string target)
    {
        if (clip.FrameCount != 1)
        {
            throw new ConfigurationException("command line", $"'{target}' is one picture, the clip has {clip.FrameCount} frames. Let OUT be a folder, named without .png, or a file .npy or .avi.");
        }

        AtomicOutput.WriteFile(target, stream => stream.Write(PngClipWriter.Encode(clip.ReadFrame(0), clip.Height, clip.Width, clip.Channels)));
    }

    private static void WriteArray(EchoClip clip, string target, CancellationToken cancellationToken) =>
        AtomicOutput.WriteFile(target, stream =>
        {
            NumpyFile.WriteHeader<byte>(stream, [clip.FrameCount, clip.Height, clip.Width, clip.Channels]);
            byte[] frame = new byte[clip.FrameLength];
            for (int i = 0; i < clip.FrameCount; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                clip.ReadFrame(i, frame);
                stream.Write(frame);
            }
        });
}
