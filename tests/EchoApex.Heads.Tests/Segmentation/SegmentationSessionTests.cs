using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Segmentation;

[NoTensorLeaks]
public sealed class SegmentationSessionTests
{
    private static readonly Preprocessing Input = new() { ImageSize = 32, CropToSector = false };
    private static readonly SegmentationPrompt Point = new() { Points = [new PromptPoint(40, 30)] };
    private static readonly SegmentationPrompt Box = new() { Box = new PromptBox(20, 15, 60, 40) };

    [Test]
    public void Segment_OnePoint_GivesSeveralMasksTheMostTrustedFirst() => With((session, clip) =>
    {
        session.SetImage(clip);
        var masks = session.Segment(Point);
        Assert.That(masks, Has.Count.EqualTo(3));
        Assert.That(masks.Select(mask => mask.PredictedIou), Is.Ordered.Descending);
        Assert.That(masks.Select(mask => (mask.Height, mask.Width, mask.Pixels.Length)), Is.All.EqualTo((48, 80, 48 * 80)));
    });

    [Test]
    public void Segment_EveryOtherPrompt_GivesOneMask() => With((session, clip) =>
    {
        session.SetImage(clip);
        var mask = session.Segment(Box).Single();
        Assert.That(mask.Area, Is.EqualTo(mask.Pixels.ToArray().Sum(value => value)));
        Assert.That(mask.AreaMm2, Is.EqualTo(mask.Area * 0.5 * 0.25).Within(1e-9));
        Assert.That(session.Segment(new SegmentationPrompt { Structure = "left_atrium" }), Has.Count.EqualTo(1));
        Assert.That(session.Segment(Point with { Previous = mask }), Has.Count.EqualTo(1));
        Assert.That(session.Segment(new SegmentationPrompt { Previous = mask }), Has.Count.EqualTo(1));
        Assert.That(session.Segment(Point with { Points = [new PromptPoint(40, 30), new PromptPoint(2, 3, false)] }), Has.Count.EqualTo(1));
    });

    [Test]
    public void Segment_SecondPrompt_AsksTheEncoderNothing()
    {
        using var encoder = new CountingEncoder(Encoders.Transformer());
        using var head = Encoders.Head(encoder);
        using var session = new SegmentationSession(encoder, head, Input);
        session.SetImage(Clip());
        session.Segment(Point);
        session.Segment(Box);
        Assert.That(encoder.Passes, Is.EqualTo(1));
    }

    [Test]
    public void Segment_ImageSetInsideAScopeThatEnds_StillAnswers() => With((session, clip) =>
    {
        using (NewDisposeScope())
        {
            session.SetImage(clip);
        }

        var first = session.Segment(Box)[0];
        session.SetImage(clip, 1);
        Assert.That(session.Segment(Box)[0].Logits, Is.Not.EqualTo(first.Logits), "another frame, another mask");
        session.SetImage(clip);
        Assert.That(session.Segment(Box)[0].Logits, Is.EqualTo(first.Logits));
    });

    [Test]
    public void Segment_PromptsThatCannotBe_SayWhy() => With((session, clip) =>
    {
        Assert.That(() => session.Segment(Point), Throws.InvalidOperationException.With.Message.Contains("SetImage"));
        session.SetImage(clip);
        Assert.That(() => session.Segment(new SegmentationPrompt()), Throws.ArgumentException.With.Message.Contains("needs a point"));
        Assert.That(() => session.Segment(new SegmentationPrompt { Points = [new PromptPoint(90, 3)] }), Throws.ArgumentException.With.Message.Contains("80 x 48"));
        Assert.That(() => session.Segment(new SegmentationPrompt { Structure = "aorta" }), Throws.ArgumentException.With.Message.Contains("left_atrium"));
        Assert.That(() => session.SetImage(clip, 9), Throws.TypeOf<ArgumentOutOfRangeException>());
    });

    [Test]
    public void Segment_AfterDispose_IsRefused() => With((session, clip) =>
    {
        session.SetImage(clip);
        session.Dispose();
        Assert.That(() => session.Segment(Point), Throws.TypeOf<ObjectDisposedException>());
    });

    [Test]
    public void Constructor_HeadOfAnotherEncoder_IsRefused()
    {
        using var encoder = Encoders.Transformer();
        using var head = new SegmentationHead(Encoders.Small, 48, Encoders.Structures, new RandomStream(1));
        Assert.That(() => new SegmentationSession(encoder, head, Input), Throws.ArgumentException.With.Message.Contains("48").And.Message.Contains("24"));
    }

    [Test]
    public void Track_ForwardsAndBackwards_VisitsEveryFrameOnceOrEndsWhereItIsLost() => With((session, clip) =>
    {
        var segmenter = new ClipSegmenter(session);
        Check([.. segmenter.Track(clip, 0, Box, 2)], 0, 1);
        Check([.. segmenter.Track(clip, 2, Box, 0)], 2, -1);

        void Check(TrackedMask[] tracked, int first, int step)
        {
            Assert.That(tracked.Select(mask => mask.Frame), Is.EqualTo(Enumerable.Range(0, tracked.Length).Select(i => first + (i * step))));
            Assert.That(tracked.SkipLast(1).All(mask => !mask.Mask.IsEmpty));
            Assert.That(tracked.Length == 3 || tracked[^1].Mask.IsEmpty);
        }
    });

    [Test]
    public void Track_NextFrame_IsPromptedByTheMaskBefore() => With((session, clip) =>
    {
        var segmenter = new ClipSegmenter(session);
        var tracked = segmenter.Track(clip, 0, Box, 1).ToArray();
        Assert.That(tracked, Has.Length.EqualTo(2), "the untrained head draws something in the first frame");
        session.SetImage(clip, 1);
        Assert.That(tracked[1].Mask.Logits, Is.EqualTo(session.Segment(segmenter.Next(tracked[0].Mask))[0].Logits));
    });

    [TestCase(0, 10, 4, 29, 23)]
    [TestCase(0.1, 8, 2, 31, 25)]
    [TestCase(1, 0, 0, 49, 29)]
    public void Next_OfAMask_IsItsDeepestPointAndItsBoxWithTheMarginOfTheOptions(double margin, double left, double top, double right, double bottom) => With((session, _) =>
    {
        var mask = new SegmentedMask(MaskMetricsTests.Rectangle(60, 30, 10, 4, 29, 23), 60, 0.5, null, [0], 1);
        var prompt = new ClipSegmenter(session, new ClipSegmenterOptions { BoxMargin = margin }).Next(mask);
        Assert.That(prompt.Box, Is.EqualTo(new PromptBox(left, top, right, bottom)));
        Assert.That(prompt.Points, Is.EqualTo(new[] { new PromptPoint(19, 13) }));
        Assert.That(prompt.Previous, Is.SameAs(mask));
        Assert.That(mask.AreaMm2, Is.Null);
    });

    [Test]
    public void Track_FrameThatDoesNotExist_IsRefusedAtOnce() => With((session, clip) =>
        Assert.That(() => new ClipSegmenter(session).Track(clip, 0, Box, 7), Throws.TypeOf<ArgumentOutOfRangeException>()));

    private static void With(Action<SegmentationSession, EchoClip> test)
    {
        using var encoder = Encoders.Transformer();
        using var head = Encoders.Head(encoder);
        using var session = new SegmentationSession(encoder, head, Input);
        test(session, Clip());
    }

    // Three frames of 48 x 80.
    private static EchoClip Clip()
    {
        byte[] pixels = new byte[3 * 48 * 80];
        var random = new RandomStream(3);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)random.NextInt32(256);
        }

        return new EchoClip(new MemoryFrameStore(pixels, 3, 48, 80, 1), new ClipOrigin("test", "test")) { Spacing = new PixelSpacing(0.5, 0.25) };
    }

    private sealed class CountingEncoder(IBackbone inner) : IBackbone
    {
        public int Passes { get; private set; }

        public BackboneConfig Config => inner.Config;

        public nn.Module Module => inner.Module;

        public int FeatureDimension => inner.FeatureDimension;

        public int PatchSize => inner.PatchSize;

        public int StageCount => inner.StageCount;

        public Precision Precision
        {
            get => inner.Precision;
            set => inner.Precision = value;
        }

        public BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN = null)
        {
            Passes++;
            return inner.Extract(images_BCHW, masks_BN);
        }

        public IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm = true) =>
            inner.ExtractIntermediate(images_BCHW, stages, applyFinalNorm);

        public void Dispose() => inner.Dispose();
    }
}
