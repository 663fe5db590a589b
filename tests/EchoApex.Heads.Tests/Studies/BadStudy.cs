using System.Text;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Heads.Tests.Studies;

/// <summary>A study with a good clip, one cut short, one without pixel size, one of another organ, a still image, and a file whose head is damaged.</summary>
internal sealed record BadStudy(IReadOnlyList<PhantomClip> Readable, Func<EchoClip, (string View, double Confidence)> View)
{
    public static BadStudy Write(string folder, PhantomStudyOptions options)
    {
        PhantomClip[] all = [.. PhantomStudyWriter.Generate(options with { Views = [PhantomView.A4C, PhantomView.A2C, PhantomView.SC4C, PhantomView.PLAX] })];
        string Place(string name) => Path.Combine(folder, name + ".dcm");
        void Save(string name, EchoClip clip) => DicomClipWriter.Write(Place(name), clip, new DicomWriteOptions { StudySeed = "bad", UidSeed = name });

        Save("0-good", all[0].Clip);
        Save("1-corrupt", all[1].Clip);
        using (var cut = new FileStream(Place("1-corrupt"), FileMode.Open))
        {
            cut.SetLength(cut.Length / 2);
        }

        Save("2-no-spacing", Without(all[1].Clip));
        Save("3-other-organ", all[2].Clip);
        Replace(Place("3-other-organ"), "CS\u0006\0HEART ", "CS\u0008\0ABDOMEN ");
        Save("4-still", Still(all[3].Clip));
        File.WriteAllBytes(Place("5-damaged-head"), Encoding.ASCII.GetBytes("this is no DICOM file at all, whatever it is called"));
        string[] views = ["A4C", "A2C", "SC4C", "PLAX"];
        return new BadStudy(all, clip => (views[Math.Max(0, Array.FindIndex(all, phantom => phantom.Clip.ReadFrame(0).AsSpan().SequenceEqual(clip.ReadFrame(0))))], 0.9));
    }

    private static EchoClip Without(EchoClip clip) => clip.WithFrames(new Frames(clip, clip.FrameCount), null, null, []);

    private static EchoClip Still(EchoClip clip) => new(new Frames(clip, 1), clip.Origin) { Spacing = clip.Spacing, Regions = clip.Regions, View = clip.View };

    private static void Replace(string path, string old, string value)
    {
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        Assert.That(text, Does.Contain(old));
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(text.Replace(old, value, StringComparison.Ordinal)));
    }

    private sealed class Frames(EchoClip clip, int count) : IFrameStore
    {
        public int FrameCount => count;

        public int Height => clip.Height;

        public int Width => clip.Width;

        public int Channels => clip.Channels;

        public void ReadFrame(int index, Span<byte> destination) => clip.ReadFrame(index, destination);
    }
}
