using System.Buffers.Binary;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Volumes;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.Nifti;

public sealed class NiftiClipSourceTests
{
    // 4 columns, 3 rows, 2 frames: the value of a voxel is its place.
    private static readonly int[] Sizes = [4, 3, 2];
    private static readonly byte[] Ramp = [.. Enumerable.Range(0, 24).Select(i => (byte)i)];

    private static EchoClip Open(byte[] bytes, string name = "clip.nii")
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File(name), bytes);
        return ClipReader.Open(folder.File(name));
    }

    private static void Refuses(byte[] bytes, string expected) =>
        Assert.That(() => Open(bytes), Throws.InstanceOf<DataException>().With.Message.Contains(expected).And.Message.Contains("clip.nii: "));

    [Test]
    public void Open_EitherVersionOrderAndPacking_ReadsTheSame([Values] bool second, [Values] bool bigEndian, [Values] bool packed)
    {
        byte[] bytes = NiftiWriter.Encode(Ramp, Sizes, new() { Second = second, BigEndian = bigEndian });
        var clip = Open(packed ? NiftiWriter.Pack(bytes) : bytes, packed ? "clip.nii.gz" : "clip.nii");
        Assert.Multiple(() =>
        {
            Assert.That((clip.FrameCount, clip.Height, clip.Width, clip.Channels), Is.EqualTo((2, 3, 4, 1)));
            Assert.That(clip.ReadFrame(1), Is.EqualTo(Ramp[12..]));
            Assert.That(clip.Spacing, Is.EqualTo(new PixelSpacing(.5, .25)));
            Assert.That(clip.Origin.Format, Is.EqualTo(second ? "NIfTI-2" : "NIfTI-1"));
            Assert.That(clip.Origin.Encoding, Is.EqualTo("uint8"));
        });
    }

    [Test]
    public void Open_WithoutName_GoesByContent([Values] bool packed)
    {
        byte[] bytes = NiftiWriter.Encode(Ramp, Sizes);
        Assert.That(Open(packed ? NiftiWriter.Pack(bytes) : bytes, "clip").Origin.Format, Is.EqualTo("NIfTI-1"));
    }

    [TestCase(256, 1)]
    [TestCase(512, 2)]
    [TestCase(4, 2)]
    [TestCase(8, 4)]
    [TestCase(768, 4)]
    [TestCase(1024, 8)]
    [TestCase(1280, 8)]
    [TestCase(16, 4)]
    [TestCase(64, 8)]
    public void Open_OfEachType_KeepsValuesOfABytesRange(short type, int size)
    {
        foreach (bool bigEndian in new[] { false, true })
        {
            byte[] voxels = new byte[Ramp.Length * size];
            for (int i = 0; i < Ramp.Length; i++)
            {
                var place = voxels.AsSpan(i * size, size);
                long bits = type switch { 16 => BitConverter.SingleToInt32Bits(Ramp[i]), 64 => BitConverter.DoubleToInt64Bits(Ramp[i]), _ => Ramp[i] };
                byte[] eight = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(eight, bits);
                eight.AsSpan(0, size).CopyTo(place);
                if (bigEndian)
                {
                    place.Reverse();
                }
            }

            var clip = Open(NiftiWriter.Encode(voxels, Sizes, new() { DataType = type, BigEndian = bigEndian }));
            Assert.That(clip.ReadFrame(1), Is.EqualTo(Ramp[12..]), $"big endian: {bigEndian}");
        }
    }

    [TestCase(0, 7, 0)]
    [TestCase(double.NaN, 7, 0)]
    [TestCase(2, 1, 1)]
    public void Open_WithSlope_ScalesUnlessItSaysNotTo(double slope, double intercept, int first)
    {
        var clip = Open(NiftiWriter.Encode(Ramp, Sizes, new() { Slope = slope, Intercept = intercept }));
        Assert.That(clip.ReadFrame(0)[..2], Is.EqualTo(first == 1 ? new byte[] { 1, 3 } : [0, 1]));
    }

    [Test]
    public void Open_WithValuesBeyondAByte_RefusesRatherThanGuessAScale() =>
        Refuses(NiftiWriter.Encode(Ramp, Sizes, new() { Slope = 20 }), "frame 1: holds the value 260 (stored as uint8); EchoApex reads values of 0 to 255");

    [Test]
    public void Open_OfColours_HasThreeChannels()
    {
        var clip = Open(NiftiWriter.Encode([.. Ramp, .. Ramp, .. Ramp], Sizes, new() { DataType = 128 }));
        Assert.That((clip.Channels, clip.ReadFrame(0)[5]), Is.EqualTo((3, (byte)5)));
    }

    [TestCase(2, .5, .25, .5)]
    [TestCase(1, .0005, .00025, .5)]
    [TestCase(3, 500, 250, .5)]
    [TestCase(0, .308, .154, .308)]
    [TestCase(2, -.5, .25, .5)]
    [TestCase(2, 0, .25, null)]
    [TestCase(2, double.NaN, .25, null)]
    [TestCase(0, 1, 1, null)]
    public void Spacing_OfEachUnit_IsMillimetresOrAbsent(int unit, double x, double y, double? expected) =>
        Assert.That(Open(NiftiWriter.Encode(Ramp, Sizes, new() { Units = unit, Steps = [1, x, y] })).Spacing?.XMm, expected is null ? Is.Null : Is.EqualTo(expected).Within(1e-9));

    [Test]
    public void Open_OfMovingPlane_HasFrameTimes()
    {
        var clip = Open(NiftiWriter.Encode(Ramp, [4, 3, 1, 2], new() { Units = 2 + 16, Steps = [1, .5, .25, 1, 20] }));
        Assert.That((clip.FrameCount, clip.FramesPerSecond), Is.EqualTo((2, 50.0)));
    }

    [Test]
    public void Open_OfOnePlane_IsOneFrame() => Assert.That(Open(NiftiWriter.Encode(Ramp.AsSpan(0, 12), [4, 3])).FrameCount, Is.EqualTo(1));

    [Test]
    public void Open_OfWhatIsNotRead_SaysWhatAndWhy()
    {
        Refuses(NiftiWriter.Encode(Ramp, [2, 3, 2, 2]), "is a moving volume of 2 x 3 x 2 x 2");
        Refuses(NiftiWriter.Encode(Ramp, Sizes, new() { DataType = 32 }), "stores voxels as NIfTI data type 32");
        Refuses(NiftiWriter.Encode(Ramp.AsSpan(0, 20), Sizes), "declares 4 x 3 x 2 of type uint8, 376 bytes, but the file has 372");
        Refuses(NiftiWriter.Encode(Ramp, [30000, 30000, 2]), "EchoApex reads sides of 1 to");
        Refuses(NiftiWriter.Encode(Ramp, [4, 0, 2]), "EchoApex reads sides of 1 to");
        byte[] pair = NiftiWriter.Encode(Ramp, Sizes);
        pair[345] = (byte)'i';
        Refuses(pair, "is the header of a pair");
        Refuses([1, 2, 3], "less than a NIfTI header");
        Refuses(new byte[400], "is no NIfTI file");
    }

    [Test]
    public void Open_OfPackedFileThatDeclaresTooMuch_StopsBeforeUnpacking() =>
        Refuses(NiftiWriter.Pack(NiftiWriter.Encode(Ramp, [8000, 8000, 2])), "bytes, but the file has");

    [Test]
    public void Open_OfPackedFileWithDamagedPixels_ComparesTheCheckSum()
    {
        byte[] packed = NiftiWriter.Pack(NiftiWriter.Encode(Ramp, Sizes));
        packed[^6] ^= 1;
        Refuses(packed, "Get the file again");
    }

    [Test]
    public void ReadLabels_OfOneFrame_ReadsWholeNumbersOnly()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("m.nii.gz"), NiftiWriter.Pack(NiftiWriter.Encode(Ramp, Sizes)));
        var volume = LabelVolume.Open(folder.File("m.nii.gz"));
        Assert.That((volume.FrameCount, volume.Height, volume.Width), Is.EqualTo((2, 3, 4)));
        Assert.That(volume.ReadLabels(1), Is.EqualTo(Ramp[12..]));
        Assert.That(() => volume.ReadLabels(2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        File.WriteAllBytes(folder.File("f.nii"), NiftiWriter.Encode(Ramp, Sizes, new() { Slope = .5 }));
        Assert.That(() => LabelVolume.Open(folder.File("f.nii")).ReadLabels(0), Throws.InstanceOf<DataException>().With.Message.Contains("holds 0.5, which is no label"));
    }

    [Test]
    public void Open_OfColoursBeyondAllMemory_IsRefusedByItsHeader()
    {
        // 30,000 x 30,000 RGB: 2.7 thousand million bytes, more than an array holds. Nothing but the header is on the disk.
        using var folder = new TemporaryFolder();
        string path = folder.File("large.nii");
        using (var file = File.Create(path))
        {
            file.Write(NiftiWriter.Encode([], [30_000, 30_000, 1], new() { DataType = 128 }));
            file.SetLength(352 + (3L * 30_000 * 30_000));
        }

        Assert.That(() => ClipReader.Open(path), Throws.InstanceOf<DataException>().With.Message.Contains("30000 x 30000 x 1 of 3 channels").And.Message.Contains("cut into smaller ones"));
    }
}
