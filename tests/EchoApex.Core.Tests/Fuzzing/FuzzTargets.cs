using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Sources.MetaImage;
using EchoApex.Core.Sources.Nifti;
using EchoApex.Core.Sources.Video;
using EchoApex.Core.Sources.Volumes;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Fuzzing;

/// <summary>Every reader of files from outside, one line each.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("DICOM", 40, FuzzSeeds.Dicom, (input, budget) => ReadFrames(DicomClipSource.Open(new MemoryByteSource("input", input)), budget)),
        new("DICOM deflated after mutation", 6, FuzzSeeds.DicomDatasets, (input, budget) => ReadFrames(DicomClipSource.Open(new MemoryByteSource("input", input)), budget), FuzzSeeds.Deflate),
        new("DICOM video", 1, FuzzSeeds.DicomVideo, (input, budget) => ReadVideo(DicomClipSource.Open(new MemoryByteSource("input", input)), budget)),
        FuzzTarget.OfFile("AVI", 12, ".avi", FuzzSeeds.Avi, (path, budget) => ReadVideo(new VideoClipSource().Open(path), budget)),
        FuzzTarget.OfFile("PNG and JPEG", 6, ".jpg", FuzzSeeds.Pictures, (path, budget) => ReadFrames(new PictureClipSource().Open(path), budget)),
        new("frames of shards", 6, FuzzSeeds.ShardFrames, ReadShardFrame),
        FuzzTarget.OfFile("NIfTI", 8, ".nii", FuzzSeeds.Nifti, ReadNifti),
        FuzzTarget.OfFile("NIfTI packed after mutation", 6, ".nii.gz", FuzzSeeds.Nifti, ReadNifti, NiftiWriter.Pack),
        FuzzTarget.OfFile("MetaImage", 8, ".mha", FuzzSeeds.MetaImage, (path, budget) => ReadVolume(MetaImageFile.ReadHeader(path), budget)),
        FuzzTarget.OfFile("safetensors", 8, ".safetensors", FuzzSeeds.Safetensors, ReadTensors),
        FuzzTarget.OfFile(".pth", 12, ".pth", FuzzSeeds.Pth, ReadTensors),
    ];

    // The first frames and the last: a clip of a damaged header may have very many.
    private static void ReadFrames(EchoClip clip, FuzzBudget budget)
    {
        byte[] pixels = new byte[clip.FrameLength];
        budget.Declare(clip.FrameLength + (8L * clip.FrameCount));
        foreach (int frame in Enumerable.Range(0, Math.Min(3, clip.FrameCount)).Append(clip.FrameCount - 1))
        {
            budget.Declare(clip.FrameLength);
            clip.ReadFrame(frame, pixels);
        }
    }

    // Videos other than Motion JPEG are decoded whole.
    private static void ReadVideo(EchoClip clip, FuzzBudget budget)
    {
        budget.Declare((long)clip.FrameLength * clip.FrameCount);
        ReadFrames(clip, budget);
    }

    // The index says how large a frame is, and shards report what is wrong with their clip's name.
    private static void ReadShardFrame(byte[] input, FuzzBudget budget)
    {
        byte[] pixels = new byte[FuzzSeeds.Side * FuzzSeeds.Side];
        budget.Declare(pixels.Length);
        try
        {
            ShardFrameCodec.Decode(input, FuzzSeeds.Side, FuzzSeeds.Side, pixels);
        }
        catch (FormatException error)
        {
            throw new DataException("input", $"the picture {error.Message}.", 0, error);
        }
    }

    private static void ReadNifti(string path, FuzzBudget budget) => ReadVolume(NiftiFile.ReadHeader(path), budget);

    private static void ReadVolume(VolumeHeader header, FuzzBudget budget)
    {
        budget.Declare((long)header.FramePixels * header.Channels * header.FrameCount);
        ReadFrames(VolumeClip.Open(header), budget);
    }

    private static void ReadTensors(string path, FuzzBudget budget)
    {
        using var file = TensorSource.Open(path);
        foreach (var (name, entry) in file.Tensors)
        {
            budget.Declare(entry.ByteLength);
            using var tensor = file.Read(name);
        }
    }
}
