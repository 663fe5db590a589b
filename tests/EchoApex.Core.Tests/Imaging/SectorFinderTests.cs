using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Imaging;

public sealed class SectorFinderTests
{
    [TestCase(8, true, 1, "motion")]
    [TestCase(8, true, 3, "motion")]
    [TestCase(8, false, 1, "content")]
    [TestCase(1, false, 1, "content")]
    public void Find_OfFanWithText_KeepsTheFanAlone(int frames, bool moving, int channels, string method)
    {
        var clip = SyntheticClips.Fan(frames, moving, channels);
        var sector = SectorFinder.Find(clip);
        var (both, either, text) = Overlap(sector);
        Assert.Multiple(() =>
        {
            Assert.That(both / (double)either, Is.GreaterThan(0.95), "intersection over union with the true fan");
            Assert.That(text, Is.Zero, "pixels of text inside the mask");
            Assert.That(sector.Method, Is.EqualTo(method));
            Assert.That(sector.Confidence, moving ? Is.GreaterThan(0.9) : Is.InRange(0.4, 0.5));
        });
    }

    [Test]
    public void Find_WithRegion_StaysWithinIt()
    {
        var sector = SectorFinder.Find(SyntheticClips.Fan(8, moving: true, regions: [new UltrasoundRegion(20, 30, 120, 120, RegionKind.Tissue2D, null)]));
        Assert.Multiple(() =>
        {
            Assert.That(sector.X, Is.GreaterThanOrEqualTo(20));
            Assert.That(sector.Y, Is.GreaterThanOrEqualTo(30));
            Assert.That(sector.X + sector.Width, Is.LessThanOrEqualTo(140));
            Assert.That(sector.Y + sector.Height, Is.LessThanOrEqualTo(150));
            Assert.That(sector.Method, Is.EqualTo("motion in region"));
        });
    }

    [Test]
    public void Find_OfBlackClip_FailsClosed()
    {
        var clip = SyntheticClips.Flat(0);
        Assert.Multiple(() =>
        {
            Assert.That(SectorFinder.TryFind(clip), Is.Null);
            Assert.That(() => SectorFinder.Find(clip), Throws.InstanceOf<DataException>().With.Message.Contains("no ultrasound sector"));
        });
    }

    [Test]
    public void Find_OfFullFrame_KeepsIt()
    {
        var sector = SectorFinder.Find(SyntheticClips.Flat(90));
        Assert.Multiple(() =>
        {
            Assert.That((sector.X, sector.Y, sector.Width, sector.Height), Is.EqualTo((0, 0, 60, 40)));
            Assert.That(sector.Mask.ToArray(), Has.All.EqualTo(255));
        });
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Apply_OfSector_CutsAndBlanks(int channels)
    {
        byte[] pixels = [.. Enumerable.Range(1, 4 * 5 * channels).Select(i => (byte)i)];
        var clip = new EchoClip(new MemoryFrameStore(pixels, 1, 4, 5, channels), new ClipOrigin("memory", "memory"))
        {
            Regions = [new UltrasoundRegion(0, 0, 3, 4, RegionKind.Tissue2D, null), new UltrasoundRegion(4, 0, 1, 4, RegionKind.Graphics, null)],
            Spacing = new PixelSpacing(0.2, 0.3),
        };
        var cut = new SectorCrop(1, 2, 2, 2, [255, 0, 255, 255], 1, "motion").Apply(clip);
        byte[] frame = cut.ReadFrame(0);
        byte[] At(int x, int y) => pixels[(((y * 5) + x) * channels)..((((y * 5) + x) * channels) + channels)];
        Assert.Multiple(() =>
        {
            Assert.That(frame, Is.EqualTo((byte[])[.. At(1, 2), .. new byte[channels], .. At(1, 3), .. At(2, 3)]));
            Assert.That(cut.Regions, Is.EqualTo(new[] { new UltrasoundRegion(0, 0, 2, 2, RegionKind.Tissue2D, null) }));
            Assert.That(cut.Spacing, Is.EqualTo(new PixelSpacing(0.2, 0.3)));
            Assert.That(cut.Notes, Has.One.Contains("Cropped to the sector"));
        });
    }

    private static (int Both, int Either, int Text) Overlap(SectorCrop sector)
    {
        var (both, either, text) = (0, 0, 0);
        for (int y = 0; y < SyntheticClips.Height; y++)
        {
            for (int x = 0; x < SyntheticClips.Width; x++)
            {
                bool inBox = x >= sector.X && y >= sector.Y && x < sector.X + sector.Width && y < sector.Y + sector.Height;
                bool found = inBox && sector.Mask[((y - sector.Y) * sector.Width) + x - sector.X] != 0;
                bool fan = SyntheticClips.IsInFan(x, y);
                both += found && fan ? 1 : 0;
                either += found || fan ? 1 : 0;
                text += found && SyntheticClips.IsText(x, y) ? 1 : 0;
            }
        }

        return (both, either, text);
    }
}
