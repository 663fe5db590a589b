using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Phantoms;

public sealed class PhantomTruthTests
{
    private static readonly PhantomView[] AllViews = Enum.GetValues<PhantomView>();

    [TestCaseSource(nameof(AllViews))]
    public void Volumes_OverABeat_GiveTheStatedEjectionFraction(PhantomView view)
    {
        var truth = Dense(view, 1).Truth;
        double largest = truth.VolumesMl.Max();
        double smallest = truth.VolumesMl.Min();
        Assert.That(100 * (largest - smallest) / largest, Is.EqualTo(truth.EjectionFractionPercent).Within(.5));
        Assert.That(truth.EjectionFractionPercent, Is.InRange(20, 70));
        Assert.That(truth.VolumesMl[truth.EndDiastolicFrame], Is.EqualTo(largest));
        Assert.That(truth.VolumesMl[truth.EndSystolicFrame], Is.EqualTo(smallest));
        Assert.That(largest, Is.EqualTo(truth.EndDiastolicVolumeMl).Within(.5).Percent);
        Assert.That(largest, Is.InRange(25, 320));
    }

    [TestCaseSource(nameof(AllViews))]
    public void Masks_OverABeat_CavityAreaFollowsVolume(PhantomView view)
    {
        var truth = Dense(view, 7).Truth;
        double[] areas = Areas(truth, PhantomLabel.LeftVentricle);
        Assert.That(PhantomGeneratorTests.Correlation(areas, [.. truth.VolumesMl]), Is.GreaterThan(.95));
        Assert.That(areas[truth.EndDiastolicFrame], Is.GreaterThan(1.1 * areas[truth.EndSystolicFrame]));
        double[] walls = Areas(truth, PhantomLabel.LeftVentricularMyocardium);
        Assert.That(walls.Min(), Is.GreaterThan(0));
    }

    [TestCase(PhantomView.A2C)]
    [TestCase(PhantomView.A4C)]
    public void Masks_ApicalView_AreaRatioIsThatOfTheGeometry(PhantomView view)
    {
        var (_, truth) = PhantomGenerator.Generate(new PhantomOptions { ImageSize = 224, Frames = 16, Views = [view] }, 11, 4);
        double ejected = 1 - (truth.VolumesMl[truth.EndSystolicFrame] / truth.VolumesMl[truth.EndDiastolicFrame]);
        double[] areas = Areas(truth, PhantomLabel.LeftVentricle);

        // Volume is width^2 x length and the length shortens by .22 of the ejected fraction, so area is sqrt(volume x length).
        double expected = Math.Sqrt((1 - ejected) * (1 - (.22 * ejected)));
        Assert.That(truth.Landmarks[truth.EndDiastolicFrame].All(l => l.InSector), Is.True, "the whole ventricle is seen");
        Assert.That(areas[truth.EndSystolicFrame] / areas[truth.EndDiastolicFrame], Is.EqualTo(expected).Within(2).Percent);
    }

    [Test]
    public void SquareIntegral_AgainstDiscs_IsTheSame()
    {
        const int discs = 20_000;
        double sum = Enumerable.Range(0, discs).Sum(i => Math.Pow(VentricleShape.At((i + .5f) / discs), 2)) / discs;
        Assert.That(VentricleShape.SquareIntegral, Is.EqualTo(sum).Within(1e-4));
        Assert.That(VentricleShape.At(.7f), Is.EqualTo(1).Within(1e-3));
        Assert.That(VentricleShape.At(-.1f), Is.Zero);
        Assert.That(VentricleShape.At(1.01f), Is.Zero);
    }

    [Test]
    public void VolumeMl_OfAHeart_IsTheDiscSumOfItsSections()
    {
        var heart = new HeartAnatomy(new RandomStream(5), 1.1);
        var beat = Beat.At(.2, heart.EjectionFraction);
        const int discs = 5000;
        double sum = 0;
        for (int i = 0; i < discs; i++)
        {
            double g = VentricleShape.At((i + .5f) / discs) * beat.WidthFactor;
            sum += Math.PI * heart.SeptalHalfWidth * g * heart.AnteriorHalfWidth * g * heart.Length * beat.LengthFactor / discs;
        }

        Assert.That(heart.VolumeMl(beat.Contraction), Is.EqualTo(sum).Within(.1).Percent);
        Assert.That(heart.HalfWidth(0), Is.EqualTo(heart.SeptalHalfWidth).Within(1e-9));
        Assert.That(heart.HalfWidth(Math.PI / 2), Is.EqualTo(heart.AnteriorHalfWidth).Within(1e-9));
    }

    [TestCaseSource(nameof(AllViews))]
    public void Landmarks_InTheSector_LieOnTheBorderOfTheLeftVentricle(PhantomView view)
    {
        int seen = 0;
        for (int index = 0; index < 4; index++)
        {
            var (_, truth) = PhantomGenerator.Generate(new PhantomOptions { ImageSize = 192, Frames = 4, Views = [view] }, 21, index);
            for (int frame = 0; frame < 4; frame++)
            {
                foreach (var landmark in truth.Landmarks[frame].Where(l => l.InSector))
                {
                    var around = Around(truth, frame, landmark);
                    seen++;
                    if (landmark.Name == "lv_center")
                    {
                        Assert.That(around, Is.EquivalentTo(new[] { PhantomLabel.LeftVentricle }));
                        continue;
                    }

                    bool outer = landmark.Name is "ivs_start" or "lvpw_end";
                    var border = outer ? PhantomLabel.LeftVentricularMyocardium : PhantomLabel.LeftVentricle;
                    Assert.That(around, Does.Contain(border), $"{landmark} of clip {index}, frame {frame}");
                    Assert.That(around.Count, Is.GreaterThan(1), $"{landmark} of clip {index}, frame {frame}");
                }
            }
        }

        Assert.That(seen, Is.GreaterThan(8));
    }

    [Test]
    public void Landmarks_ParasternalLongAxis_FollowOneAnotherOnOneLine()
    {
        var truth = Dense(PhantomView.PLAX, 3).Truth;
        foreach (var frame in truth.Landmarks)
        {
            Assert.That(frame.Select(l => l.Name), Is.EqualTo(new[] { "ivs_start", "ivs_end", "lvid_start", "lvid_end", "lvpw_start", "lvpw_end" }));
            double Distance(int a, int b) => Math.Sqrt(Math.Pow(frame[a].X - frame[b].X, 2) + Math.Pow(frame[a].Y - frame[b].Y, 2)) * truth.Spacing.XMm;
            Assert.That(Distance(0, 1) + Distance(2, 3) + Distance(4, 5), Is.EqualTo(Distance(0, 5)).Within(1e-6));
            Assert.That(Distance(2, 3), Is.InRange(15, 70), "internal diameter in mm");
        }

        double Diameter(int frame) => Math.Abs(truth.Landmarks[frame][3].Y - truth.Landmarks[frame][2].Y);
        Assert.That(Diameter(truth.EndDiastolicFrame), Is.GreaterThan(Diameter(truth.EndSystolicFrame)));
    }

    [Test]
    public void Beat_OverACycle_ValvesAreNeverOpenTogetherAndContractionPeaksOnce()
    {
        Beat[] beats = [.. Enumerable.Range(0, 200).Select(i => Beat.At(i / 200.0, .6))];
        Assert.That(beats.All(b => Math.Min(b.MitralOpening, b.AorticOpening) < .05), Is.True);
        Assert.That(beats.Max(b => b.MitralOpening), Is.GreaterThan(.9));
        Assert.That(beats.Max(b => b.AorticOpening), Is.GreaterThan(.9));
        Assert.That(beats[0].Contraction, Is.Zero);
        Assert.That(beats.MaxBy(b => b.Contraction).Contraction, Is.EqualTo(1).Within(1e-3));
    }

    private static PhantomClip Dense(PhantomView view, int index) =>
        PhantomGenerator.Generate(new PhantomOptions { ImageSize = 96, Frames = 40, Views = [view] }, 13, index);

    private static double[] Areas(PhantomTruth truth, PhantomLabel label)
    {
        double[] areas = new double[truth.VolumesMl.Count];
        for (int i = 0; i < areas.Length; i++)
        {
            areas[i] = truth.Mask(i).Count((byte)label);
        }

        return areas;
    }

    private static HashSet<PhantomLabel> Around(PhantomTruth truth, int frame, PhantomLandmark landmark)
    {
        var labels = new HashSet<PhantomLabel>();
        for (int y = (int)Math.Floor(landmark.Y) - 1; y <= Math.Ceiling(landmark.Y) + 1; y++)
        {
            for (int x = (int)Math.Floor(landmark.X) - 1; x <= Math.Ceiling(landmark.X) + 1; x++)
            {
                if (x >= 0 && y >= 0 && x < truth.Width && y < truth.Height)
                {
                    labels.Add((PhantomLabel)truth.Mask(frame)[(y * truth.Width) + x]);
                }
            }
        }

        return labels;
    }
}
