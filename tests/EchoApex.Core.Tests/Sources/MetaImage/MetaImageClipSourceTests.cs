using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Volumes;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.MetaImage;

public sealed class MetaImageClipSourceTests
{
    private static readonly int[] Sizes = [4, 3, 2];
    private static readonly byte[] Ramp = [.. Enumerable.Range(0, 24).Select(i => (byte)i)];

    private static EchoClip OpenLocal(string more, byte[] voxels, string type = "MET_UCHAR", double[]? spacing = null, string data = "LOCAL")
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("clip.mha"), MetaImageWriter.Encode(voxels, MetaImageWriter.Header(type, Sizes, spacing, more, data)));
        return ClipReader.Open(folder.File("clip.mha"));
    }

    private static void Refuses(string expected, string more, byte[] voxels, string type = "MET_UCHAR", string data = "LOCAL") =>
        Assert.That(() => OpenLocal(more, voxels, type, null, data), Throws.InstanceOf<DataException>().With.Message.Contains(expected).And.Message.Contains("clip.mha: "));

    [Test]
    public void Open_OfHeaderWithVoxelsBeside_ReadsThem([Values] bool packed)
    {
        using var folder = new TemporaryFolder();
        MetaImageWriter.Write(folder.File("clip.mhd"), Ramp, Sizes, [.308, .154, 1], packed);
        var clip = ClipReader.Open(folder.File("clip.mhd"));
        Assert.Multiple(() =>
        {
            Assert.That((clip.FrameCount, clip.Height, clip.Width), Is.EqualTo((2, 3, 4)));
            Assert.That(clip.ReadFrame(1), Is.EqualTo(Ramp[12..]));
            Assert.That(clip.Spacing, Is.EqualTo(new PixelSpacing(.308, .154)));
            Assert.That(clip.Origin.Format, Is.EqualTo("MetaImage"));
            Assert.That(LabelVolume.Open(folder.File("clip.mhd")).ReadLabels(1), Is.EqualTo(Ramp[12..]));
        });
    }

    [Test]
    public void Open_OfOneFile_ReadsPlainAndPacked()
    {
        Assert.That(OpenLocal("", Ramp).ReadFrame(1), Is.EqualTo(Ramp[12..]));
        Assert.That(OpenLocal("CompressedData = True\n", MetaImageWriter.Pack(Ramp)).ReadFrame(1), Is.EqualTo(Ramp[12..]));
    }

    [Test]
    public void Open_OfShortsInEitherOrder_KeepsValues([Values] bool bigEndian)
    {
        byte[] voxels = [.. Ramp.SelectMany(value => bigEndian ? new byte[] { 0, value } : [value, 0])];
        Assert.That(OpenLocal($"ElementByteOrderMSB = {bigEndian}\nBinaryDataByteOrderMSB = {bigEndian}\n".Replace("BinaryDataByteOrderMSB = False\n", "", StringComparison.Ordinal), voxels, "MET_SHORT").ReadFrame(0)[3], Is.EqualTo(3));
    }

    [TestCase("", null)]
    [TestCase("ElementSize = 0.5 0.25 1\n", .5)]
    [TestCase("ElementSize = 0.05 0.025 1\nDistanceUnits = cm\n", .5)]
    [TestCase("ElementSize = 0 0 1\n", null)]
    public void Spacing_IsMillimetresOrAbsent(string more, double? expected) => Assert.That(OpenLocal(more, Ramp).Spacing?.XMm, Is.EqualTo(expected));

    [Test]
    public void Open_WithHeaderSize_SkipsIt()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("v.raw"), [9, 9, 9, .. Ramp]);
        foreach (int size in new[] { 3, -1 })
        {
            File.WriteAllText(folder.File("clip.mhd"), MetaImageWriter.Header("MET_UCHAR", Sizes, null, $"HeaderSize = {size}\n", "v.raw"));
            Assert.That(ClipReader.Open(folder.File("clip.mhd")).ReadFrame(0), Is.EqualTo(Ramp[..12]), $"HeaderSize {size}");
        }
    }

    [Test]
    public void Open_OfWhatIsNotRead_SaysWhatAndWhy()
    {
        Refuses("ElementType = MET_OTHER; expected MET_UCHAR", "", Ramp, "MET_OTHER");
        Refuses("BinaryData = False; expected True", "BinaryData = False\n", Ramp);
        Refuses("CompressedData = maybe; expected True or False", "CompressedData = maybe\n", Ramp);
        Refuses("ElementNumberOfChannels = 2; expected 1 or 3", "ElementNumberOfChannels = 2\n", Ramp);
        Refuses("declares 4 x 3 x 2 of type MET_UCHAR", "", Ramp[..20]);
        Refuses("ElementDataFile = ../secret.raw; expected a file in the header's folder", "", Ramp, data: "../secret.raw");
        Refuses("ElementDataFile = /etc/passwd; expected a file in the header's folder", "", Ramp, data: "/etc/passwd");
        Refuses("ElementDataFile = LIST; expected one file", "", Ramp, data: "LIST");
        Refuses("keeps its voxels in 'gone.raw', which does not exist beside it", "", Ramp, data: "gone.raw");
        Refuses("ObjectType = Tube; expected Image", "ObjectType = Tube\n", Ramp);
        Refuses("DistanceUnits = inch; expected um, mm, cm or m", "ElementSize = 1 1 1\nDistanceUnits = inch\n", Ramp);
        Refuses("line 5 of its MetaImage header is 'hello', expected 'Key = value'", "hello\n", Ramp);
    }

    [Test]
    public void EnumerateClips_PassesOverMasks()
    {
        using var folder = new TemporaryFolder();
        MetaImageWriter.Write(folder.File("a_ED.mhd"), Ramp, Sizes, null);
        MetaImageWriter.Write(folder.File("a_ED_gt.mhd"), Ramp, Sizes, null);
        File.WriteAllBytes(folder.File("b.nii.gz"), NiftiWriter.Pack(NiftiWriter.Encode(Ramp, Sizes)));
        File.WriteAllBytes(folder.File("b_gt.nii.gz"), NiftiWriter.Pack(NiftiWriter.Encode(Ramp, Sizes)));
        Assert.That(ClipReader.EnumerateClips(folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "a_ED.mhd", "b.nii.gz" }));
    }
}
