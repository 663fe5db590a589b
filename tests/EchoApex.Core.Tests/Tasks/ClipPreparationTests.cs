using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Tasks;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Tasks;

public sealed class ClipPreparationTests : IDisposable
{
    private static readonly Preprocessing Input = new() { ImageSize = 64 };
    private readonly TemporaryFolder _folder = new();
    private readonly AnnotatedClipSet _set;

    public ClipPreparationTests()
    {
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions
        {
            Count = 6,
            Avi = false,
            Clip = new PhantomOptions { ImageSize = 112, Frames = 4 },
        });
        _set = PhantomClipSet.Read(_folder.File("set"), DataSplit.Train);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Frame_OfAPhantom_MovesMaskAndLandmarksAlike()
    {
        var preparation = new ClipPreparation(Input);
        var plax = _set.Clips.First(clip => clip.View == "PLAX");
        var frame = preparation.Frame(plax, 1);
        Assert.That((frame.Pixels.Length, frame.Mask!.Length, frame.Inside.Length), Is.EqualTo((64 * 64, 64 * 64, 64 * 64)));

        // The middle of the cavity's diameter lies in the cavity, the middle of the septum in the myocardium.
        Assert.That(Label(frame, "lvid"), Is.EqualTo((byte)PhantomLabel.LeftVentricle));
        Assert.That(Label(frame, "ivs"), Is.EqualTo((byte)PhantomLabel.LeftVentricularMyocardium));
    }

    [Test]
    public void Open_OfAPhantom_GivesSpacingAndGeometryThatInverts()
    {
        var clip = new ClipPreparation(Input).Open(_set.Clips[0]);
        Assert.That((clip.FrameCount, clip.Height, clip.Width), Is.EqualTo((4, 112, 112)));
        Assert.That(clip.Spacing, Is.EqualTo(_set.Clips[0].Spacing));
        var (x, y) = clip.Geometry.ToInput(40, 30);
        var (backX, backY) = clip.Geometry.ToFrame(x, y);
        Assert.That((backX, backY), Is.EqualTo((40.0, 30.0)).Using<(double, double), (double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-9));
        Assert.That(clip.Geometry.ToInput(clip.Spacing)!.XMm * clip.Geometry.ScaleX, Is.EqualTo(clip.Spacing!.XMm).Within(1e-12));
    }

    // Pictures of end diastole and end systole of which each alone would give another sector.
    [Test]
    public void Frame_OfAFileOfItsOwn_SharesTheSectorOfItsClip()
    {
        var source = _set.Clips[0];
        var mask = Moved(source.Frames[0].Mask!(), 20, 12);
        var pictures = source.Open();
        string[] paths = [Picture("ed.png", 0, 0), Picture("es.png", 20, 12)];
        var clip = source with { Path = paths[0], FramePaths = paths, Frames = [new FrameAnnotation { Frame = 1, Mask = () => mask }] };
        var preparation = new ClipPreparation(Input);
        var opened = preparation.Open(clip);
        Assert.That(opened.FrameCount, Is.EqualTo(2));
        var frame = preparation.Frame(clip, 1);
        Assert.That(frame.Inside, Is.SameAs(preparation.Frame(clip, 0).Inside));
        byte[] back = new byte[mask.Labels.Length];
        for (int i = 0; i < back.Length; i++)
        {
            var (x, y) = opened.Geometry.ToInput(i % mask.Width, i / mask.Width);
            var (column, row) = ((int)Math.Round(x), (int)Math.Round(y));
            back[i] = column is >= 0 and < 64 && row is >= 0 and < 64 ? frame.Mask![(row * 64) + column] : (byte)0;
        }

        double Overlap(byte label) => 2.0 * back.Where((value, i) => value == label && mask.Labels.Span[i] == label).Count() / (back.Count(value => value == label) + mask.Labels.ToArray().Count(value => value == label));
        Assert.That(Overlap((byte)PhantomLabel.LeftVentricle), Is.GreaterThan(0.9));

        // On a larger canvas, so that a picture's place on it is its sector's.
        string Picture(string name, int left, int top)
        {
            string path = _folder.File(name);
            byte[] canvas = Moved(new LabelMask(pictures.ReadFrame(0), 112, 112), left, top).Labels.ToArray();
            File.WriteAllBytes(path, PngClipWriter.Encode(canvas, 144, 144, 1));
            return path;
        }

        static LabelMask Moved(LabelMask picture, int left, int top)
        {
            byte[] canvas = new byte[144 * 144];
            for (int i = 0; i < 112 * 112; i++)
            {
                canvas[((top + (i / 112)) * 144) + left + (i % 112)] = picture.Labels.Span[i];
            }

            return new LabelMask(canvas, 144, 144);
        }
    }

    [Test]
    public void Frame_AskedForTwice_IsReadOnceUnlessMemoryIsShort()
    {
        var roomy = new ClipPreparation(Input);
        Assert.That(roomy.Frame(_set.Clips[0], 0), Is.SameAs(roomy.Frame(_set.Clips[0], 0)));
        var tight = new ClipPreparation(Input, cacheMegabytes: 0);
        Assert.That(tight.Frame(_set.Clips[0], 0), Is.Not.SameAs(tight.Frame(_set.Clips[0], 0)));
    }

    [Test]
    public void Frame_ThatDoesNotExist_NamesClipAndSource()
    {
        var error = Assert.Throws<DataException>(() => new ClipPreparation(Input).Frame(_set.Clips[0], 9));
        Assert.That(error!.Message, Does.Contain("has 4 frames").And.Contains("manifest.csv, line 2").And.Contains("frame 9"));
    }

    [Test]
    public void Frame_MaskOfAnotherSize_IsRefused()
    {
        var clip = _set.Clips[0];
        var wrong = clip with { Frames = [clip.Frames[0] with { Mask = () => new LabelMask(new byte[20], 4, 5) }] };
        Assert.That(() => new ClipPreparation(Input).Frame(wrong, 0), Throws.TypeOf<DataException>().With.Message.Contains("has 4 x 5"));
    }

    private static byte Label(PreparedFrame frame, string length)
    {
        var from = frame.Landmarks[$"{length}_start"];
        var to = frame.Landmarks[$"{length}_end"];
        return frame.Mask![((int)Math.Round((from.Y + to.Y) / 2) * frame.Side) + (int)Math.Round((from.X + to.X) / 2)];
    }
}
