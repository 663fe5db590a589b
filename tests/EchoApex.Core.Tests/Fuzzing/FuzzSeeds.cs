using System.IO.Compression;
using System.Text;
using System.Text.Json;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Core.Sources.Video;
using EchoApex.Core.Tests.Checkpoints;
using EchoApex.Core.Tests.Sources;
using EchoApex.Core.Tests.Sources.Dicom;
using EchoApex.Core.Tests.Sources.Dicom.Codecs;
using EchoApex.Core.Tests.Sources.Video.Avi;
using EchoApex.Testing;
using OpenCvSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Fuzzing;

/// <summary>Small valid files of every kind, generated.</summary>
internal static class FuzzSeeds
{
    public const int Side = 16;
    private const int MetaHeaderLength = 128 + 4;

    private static readonly byte[] Ramp = [.. Enumerable.Range(0, Side * Side).Select(i => (byte)(i / 3))];

    public static byte[][] Dicom()
    {
        byte[] rle = DicomBuilder.EncodeRle(Ramp);
        byte[] rgbRle = DicomBuilder.EncodeRle(Ramp, Ramp, Ramp);
        byte[] jpeg = Encode(".jpg", MatType.CV_8UC3);
        byte[] jpeg2000 = Encode(".jp2", MatType.CV_8UC3, 2 * Side);
        byte[] lossless = LosslessJpegEncoder.Encode(Samples(1), 12, 6, restartRows: 4);
        byte[] losslessColor = LosslessJpegEncoder.Encode(Samples(3), 8, 4, separateScans: true);
        var deep = (CodecVector)CodecVector.Cases("jpeg12.json").First().Arguments[0]!;
        return
        [
            .. DicomDatasets(),
            Describe().Image(Side, Side, frames: 2).Pixels("OB", [.. Ramp, .. Ramp]).ToFile(DicomBuilder.ExplicitLittle),
            Describe(explicitVr: false).Image(Side, Side, "YBR_FULL_422", 3).Pixels("OW", [.. Ramp, .. Ramp]).ToFile(DicomBuilder.ImplicitLittle),
            Describe(bigEndian: true).Image(Side, Side, bits: 16).Pixels("OW", [.. Ramp, .. Ramp]).ToFile(DicomBuilder.ExplicitBig),
            Describe().Image(Side, Side, "RGB", 3, planar: true).Pixels("OB", [.. Ramp, .. Ramp, .. Ramp]).ToFile(DicomBuilder.Deflated),
            Palette().Fragments([0, (uint)(8 + rle.Length)], [rle, rle]).ToFile(DicomBuilder.Rle),
            Describe().Image(Side, Side, "YBR_FULL", 3).Fragments([], [rgbRle]).ToFile(DicomBuilder.Rle),
            Describe().Image(Side, Side, "YBR_FULL_422", 3, frames: 2).Fragments([], [jpeg, jpeg]).ToFile(DicomBuilder.JpegBaseline),
            Describe().Image(2 * Side, 2 * Side, "YBR_RCT", 3).Fragments([], [jpeg2000]).ToFile(DicomBuilder.Jpeg2000),
            Describe().Image(Side, Side, bits: 16, stored: 12).Fragments([], [lossless]).ToFile("1.2.840.10008.1.2.4.57"),
            Describe().Image(Side, Side, "YBR_FULL", 3).Fragments([], [losslessColor]).ToFile("1.2.840.10008.1.2.4.70"),
            Describe().Image(deep.Rows, deep.Columns, bits: 16, stored: 12).Fragments([], [deep.Stream]).ToFile("1.2.840.10008.1.2.4.51"),
            .. CodecVector.Cases("jpegls.json").Select(data => (CodecVector)data.Arguments[0]!).Where((_, i) => i % 3 == 0).Select(vector =>
                Describe().Image(vector.Rows, vector.Columns, vector.Samples == 3 ? "RGB" : "MONOCHROME2", vector.Samples, vector.Bits > 8 ? 16 : 8, vector.Bits)
                    .Fragments([], [vector.Stream]).ToFile("1.2.840.10008.1.2.4.81")),
        ];
    }

    /// <summary>Files whose data set <see cref="Deflate"/> compresses.</summary>
    public static byte[][] DicomDatasets() =>
    [
        Describe().Image(Side, Side, frames: 2).Pixels("OB", [.. Ramp, .. Ramp]).ToFile(DicomBuilder.ExplicitLittle),
        Palette().Pixels("OB", [.. Ramp, .. Ramp]).ToFile(DicomBuilder.ExplicitLittle),
    ];

    /// <summary>A deflated file of the data set of an explicit one.</summary>
    public static byte[] Deflate(byte[] file)
    {
        // Preamble, mark and two elements of known length come before it.
        byte[] start = new DicomBuilder().ToFile(DicomBuilder.ExplicitLittle);
        var packed = new MemoryStream();
        using (var deflater = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflater.Write(file.AsSpan(Math.Min(file.Length, start.Length)));
        }

        byte[] empty = new DicomBuilder().ToFile(DicomBuilder.Deflated);
        int head = empty.AsSpan(MetaHeaderLength).IndexOf(Encoding.ASCII.GetBytes(DicomBuilder.Deflated)) + MetaHeaderLength + DicomBuilder.Deflated.Length;
        return [.. empty[..(head + (head & 1))], .. packed.ToArray()];
    }

    public static byte[][] DicomVideo()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Golden, "codecs", "video.json")));
        return [.. json.RootElement.GetProperty("streams").EnumerateArray().Select(stream =>
            Describe().Image(48, 64, "YBR_PARTIAL_420", 3, frames: 6).Fragments([], [stream.GetProperty("stream").GetBytesFromBase64()]).ToFile(stream.GetProperty("syntax").GetString()!))];
    }

    public static byte[][] Avi()
    {
        byte[] gray = Encode(".jpg", MatType.CV_8UC1);
        var openDml = Frames(gray);
        openDml.OpenDml = true;
        var unindexed = Frames(gray);
        unindexed.Index = "none";
        var written = new MemoryStream();
        AviClipWriter.Write(written, TestClips.Make(3));
        return [written.ToArray(), openDml.ToFile(), unindexed.ToFile(), Frames(Encode(".jpg", MatType.CV_8UC3)).ToFile()];
    }

    public static byte[][] Pictures() => [Encode(".png", MatType.CV_8UC1), Encode(".png", MatType.CV_8UC3), Encode(".jpg", MatType.CV_8UC1), Encode(".jpg", MatType.CV_8UC3)];

    public static byte[][] ShardFrames() => [Encode(".jpg", MatType.CV_8UC1), ShardFrameCodec.Encode(Ramp, Side, Side, ShardCodec.Jpeg, 95), ShardFrameCodec.Encode(Ramp, Side, Side, ShardCodec.Png, 0)];

    public static byte[][] Nifti() =>
    [
        NiftiWriter.Encode(Ramp, [Side, Side]),
        NiftiWriter.Encode([.. Ramp, .. Ramp], [Side, Side, 2], new NiftiWriter.Options { BigEndian = true }),
        NiftiWriter.Encode([.. Ramp, .. Ramp], [Side, Side], new NiftiWriter.Options { Second = true, DataType = 512, Slope = .004 }),
    ];

    public static byte[][] MetaImage() =>
    [
        MetaImageWriter.Encode(Ramp, MetaImageWriter.Header("MET_UCHAR", [Side, Side], [.5, .25], "", "LOCAL")),
        MetaImageWriter.Encode(MetaImageWriter.Pack(Ramp), MetaImageWriter.Header("MET_UCHAR", [Side, Side], [.5, .25], "CompressedData = True\n", "LOCAL")),
    ];

    public static byte[][] Safetensors()
    {
        using var weight = ones([3, 4]);
        using var bias = zeros([5], ScalarType.Int64);
        var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, new Dictionary<string, Tensor> { ["layer.weight"] = weight, ["layer.bias"] = bias }, null);
        return [stream.ToArray()];
    }

    public static byte[][] Pth() => [File.ReadAllBytes(Fixture.Path("tensors.pth")), File.ReadAllBytes(Fixture.Path("tensors_legacy.pth"))];

    private static AviBuilder Frames(byte[] jpeg) => new AviBuilder(Side, Side).Frame(jpeg).Frame([]).Frame(jpeg).Frame(jpeg);

    private static DicomBuilder Describe(bool explicitVr = true, bool bigEndian = false) => new DicomBuilder(explicitVr, bigEndian)
        .Text(DicomTags.SopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.3.1")
        .Text(DicomTags.FrameTimeVector, "DS", @"0\33.3")
        .Sequence(DicomTags.SequenceOfUltrasoundRegions, definedLength: false, itemDelimiters: true, item => item
            .UInt16(DicomTags.RegionSpatialFormat, 1).UInt16(DicomTags.PhysicalUnitsX, 3).UInt16(DicomTags.PhysicalUnitsY, 3)
            .UInt32(DicomTags.RegionLocationMinX0, 0).UInt32(DicomTags.RegionLocationMinY0, 0).UInt32(DicomTags.RegionLocationMaxX1, 9).UInt32(DicomTags.RegionLocationMaxY1, 9)
            .Double(DicomTags.PhysicalDeltaX, .1).Double(DicomTags.PhysicalDeltaY, -.1));

    private static DicomBuilder Palette()
    {
        var builder = Describe().Image(Side, Side, "PALETTE COLOR", frames: 2);
        for (uint i = 0; i < 3; i++)
        {
            builder.UInt16(DicomTags.RedPaletteDescriptor + i, 256, 0, 16).Element(DicomTags.RedPaletteData + i, "OW", new byte[512]);
        }

        return builder;
    }

    private static int[,,] Samples(int components)
    {
        int[,,] samples = new int[Side, Side, components];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i / (Side * components), i / components % Side, i % components] = i % 251;
        }

        return samples;
    }

    private static byte[] Encode(string extension, MatType type, int side = Side)
    {
        using var picture = new Mat(side, side, type, Scalar.All(90));
        Cv2.Line(picture, new Point(1, 2), new Point(13, 11), Scalar.All(220));
        Cv2.ImEncode(extension, picture, out byte[] bytes);
        return bytes;
    }
}
