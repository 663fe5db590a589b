using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Video;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets;

public sealed class SectorFrameReaderTests
{
    [Test]
    public void Read_Clip_IsBoundedAndCarriesItsMask()
    {
        var clip = Phantom(frames: 6, size: 128);
        var sector = SectorFinder.Find(clip);
        var frames = SectorFrameReader.Read(clip, new ClipDatasetOptions { MaximumSide = 64, FramesPerClip = 3 });
        Assert.That(Math.Max(frames.Height, frames.Width), Is.EqualTo(64));
        Assert.That(frames.FrameCount, Is.EqualTo(3));
        double share = frames[0].Pixels.ToArray().Count(v => v > 0) / (double)(frames.Height * frames.Width);
        double expected = sector.Mask.ToArray().Count(v => v > 0) / (double)(sector.Height * sector.Width);
        Assert.That(share, Is.EqualTo(expected).Within(0.02), "inside the sector nothing is 0, outside everything");
        for (int i = 1; i < 3; i++)
        {
            Assert.That(frames[i].Pixels.ToArray().Select(v => v > 0), Is.EqualTo(frames[0].Pixels.ToArray().Select(v => v > 0)), "one mask for the clip");
            Assert.That(frames[i].Pixels.ToArray(), Is.Not.EqualTo(frames[0].Pixels.ToArray()), "another frame");
        }
    }

    [Test]
    public void Read_SmallClip_IsNotEnlarged()
    {
        var clip = Phantom(frames: 2, size: 96);
        var sector = SectorFinder.Find(clip);
        var frames = SectorFrameReader.Read(clip, new ClipDatasetOptions());
        Assert.That((frames.Height, frames.Width, frames.FrameCount), Is.EqualTo((sector.Height, sector.Width, 2)));
    }

    [Test]
    public void Open_FolderWithADamagedFile_LeavesItOut()
    {
        using var folder = new TemporaryFolder();
        AviClipWriter.Write(folder.File("a.avi"), Phantom(frames: 3, size: 96));
        File.WriteAllBytes(folder.File("b.avi"), File.ReadAllBytes(folder.File("a.avi"))[..200]);
        var dataset = ClipFolderDataset.Open([folder.Path], new ClipDatasetOptions());
        Assert.That(dataset.Count, Is.EqualTo(2));
        Assert.That(dataset.Read(1), Is.SameAs(dataset.Read(0)));
        Assert.That(dataset.Skipped.Single().Path, Is.EqualTo(folder.File("b.avi")));
    }

    [Test]
    public void Open_MissingFolder_SaysSo() =>
        Assert.That(() => ClipFolderDataset.Open(["/nowhere"], new ClipDatasetOptions()), Throws.TypeOf<DataException>().With.Message.EqualTo("/nowhere: there is no such file or folder."));

    private static EchoClip Phantom(int frames, int size) =>
        PhantomGenerator.Generate(new PhantomOptions { Frames = frames, ImageSize = size }, 3, 0).Clip;
}
