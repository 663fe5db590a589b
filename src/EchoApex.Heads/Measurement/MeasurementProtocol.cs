// Shape legend: B = frames, S = side of the square input, K = landmarks, h, w = cells of a heat map.
using System.Globalization;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.Measurement;

/// <summary>
/// What teaching and judging of points share whatever network draws the heat maps: samples, their points in cells, the loss, and
/// the figures of lengths.
/// </summary>
internal sealed class MeasurementProtocol
{
    private readonly AnnotatedClipSet _set;
    private readonly ClipPreparation _preparation;
    private readonly MeasurementOptions _options;
    private readonly int _stride;
    private readonly MeasurementLoss _loss;
    private readonly IReadOnlyList<string> _lengths;
    private readonly (AnnotatedClip Clip, int Frame)[] _training;
    private readonly ulong _seed;

    /// <summary>Chooses the samples.</summary>
    /// <param name="set">The clips; those of the training split with points are trained on.</param>
    /// <param name="preparation">Opens them as the network's input.</param>
    /// <param name="options">All else; of the head's options the points and their decoding.</param>
    /// <param name="stride">Input pixels between two cells of a heat map.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or no clip of the data has such points or lengths.</exception>
    public MeasurementProtocol(AnnotatedClipSet set, ClipPreparation preparation, MeasurementOptions options, int stride, ulong seed)
    {
        OptionsValidator.Validate(options, "measure");
        (_set, _preparation, _options, _stride, _seed) = (set, preparation, options, stride, seed);
        _loss = new MeasurementLoss(options.Loss);
        _lengths = LvMeasurements.NamesOf(options.Head.Landmarks);
        _training = [.. Clips(DataSplit.Train).SelectMany(clip => clip.Frames
            .Where(frame => options.Head.Landmarks.Any(frame.Landmarks.ContainsKey))
            .Select(frame => (clip, frame.Frame)))];
        TrainingSamples = [.. _training.Select(sample => new TaskSample(sample.Clip.Patient, Set: sample.Clip.Set))];
        if (_training.Length == 0 && !Enum.GetValues<DataSplit>().SelectMany(Clips).SelectMany(Judgeable).Any())
        {
            throw new ConfigurationException("measure", [$"no clip of the data has a point named {string.Join(", ", options.Head.Landmarks)}. Choose views that show them (views), or name the data's own points (head.landmarks)."]);
        }
    }

    public IReadOnlyList<TaskSample> TrainingSamples { get; }

    public MeasurementBatch CreateBatch(int size) => new(size, _preparation.Side, _options.Head.Landmarks.Count);

    public void Fill(MeasurementBatch target, int slot, int sample, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var (clip, frame) = _training[sample];
        var prepared = _preparation.Frame(clip, frame);
        int side = _preparation.Side, count = _options.Head.Landmarks.Count;
        var transform = FrameTransform.Draw(_options.Augmentation, side, random);
        transform.Apply(prepared, random, target.Pixels(slot), target.Inside(slot), []);
        for (int k = 0; k < count; k++)
        {
            bool present = false;
            if (prepared.Landmarks.TryGetValue(_options.Head.Landmarks[k], out var point))
            {
                var moved = transform.Map(point);

                // A point that the augmentation moved out of the picture cannot be shown on a heat map.
                present = moved.X >= 0 && moved.Y >= 0 && moved.X <= side - 1 && moved.Y <= side - 1;
                target.Points[((slot * count) + k) * 2] = present ? (float)(((moved.X + 0.5) / _stride) - 0.5) : 0;
                target.Points[(((slot * count) + k) * 2) + 1] = present ? (float)(((moved.Y + 0.5) / _stride) - 0.5) : 0;
            }

            target.Present[(slot * count) + k] = present ? 1 : 0;
        }
    }

    /// <summary>The loss of a batch.</summary>
    /// <param name="source">A full batch.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="heatmaps">From images [B, 3, S, S] to logits [B, K, h, w].</param>
    public TaskLoss Loss(MeasurementBatch source, Device device, Func<Tensor, Tensor> heatmaps)
    {
        using var scope = NewDisposeScope();
        long size = source.Size, landmarks = _options.Head.Landmarks.Count;
        var images_BCSS = source.ToImages(_preparation.Normalizer).to(device);
        var logits_BKhw = heatmaps(images_BCSS);
        var loss = _loss.Compute(logits_BKhw, tensor(source.Points).view(size, landmarks, 2).to(device), tensor(source.Present).view(size, landmarks).to(device));
        loss.Total.MoveToOuterDisposeScope();
        foreach (var term in loss.Terms.Values)
        {
            term.MoveToOuterDisposeScope();
        }

        return loss;
    }

    /// <summary>Finds the points of frames, in pixels of the square input; the caller sees to evaluation mode.</summary>
    public IReadOnlyList<IReadOnlyList<LandmarkPrediction>> Predict(IReadOnlyList<PreparedFrame> frames, Device device, Func<Tensor, Tensor> heatmaps)
    {
        using var scope = NewDisposeScope();
        var images_BCSS = FrameBatch.Of(frames).ToImages(_preparation.Normalizer).to(device);
        return PointDecoder.Decode(heatmaps(images_BCSS), _preparation.Side, _preparation.Side, _options.Head);
    }

    /// <summary>Judges the points of one split.</summary>
    /// <param name="split">Which clips.</param>
    /// <param name="predict">The points of some frames, in pixels of the square input.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    public TaskEvaluation Evaluate(DataSplit split, Func<IReadOnlyList<PreparedFrame>, IReadOnlyList<IReadOnlyList<LandmarkPrediction>>> predict, CancellationToken cancellationToken)
    {
        var judged = new Judgement { Frames = Clips(split).Sum(clip => Judgeable(clip).Count()) };
        foreach (var clip in Clips(split))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                Collect(clip, judged);
            }
            catch (DataException error)
            {
                judged.Skipped.Add(new SkippedClip(error.File, error.Reason));
            }

            // Whole batches over clips: a convolution of few pictures on one thread is slow in libtorch.
            while (judged.Pending.Count >= _options.EvaluationBatch)
            {
                Judge(predict, judged, _options.EvaluationBatch);
            }
        }

        Judge(predict, judged, judged.Pending.Count);
        var metrics = MeasurementMetrics.Compute(judged.Cases, _lengths, _seed, _options.BootstrapDraws);
        double error_mm = metrics[0].Value;
        double error_px = metrics.Where(metric => metric.Name.EndsWith("_px", StringComparison.Ordinal) && metric.Cases > 0).Select(metric => metric.Value).DefaultIfEmpty(double.NaN).Average();
        return new TaskEvaluation
        {
            Metrics = metrics,
            Selection = -(double.IsNaN(error_mm) ? error_px : error_mm),
            CaseColumns = ["clip", "patient", "frame", "phase", "length", "truth_mm", "predicted_mm", "truth_px", "predicted_px"],
            Cases = [.. judged.Cases.Select(Row)],
            Charts = new Dictionary<string, Core.Charts.IChart> { ["landmarks"] = Sheet(judged.Pictures) },
            Skipped = judged.Skipped,
        };
    }

    private IEnumerable<AnnotatedClip> Clips(DataSplit split) =>
        _set.Of(split).Where(clip => _options.Views.Count == 0 || (clip.View is { } view && _options.Views.Contains(view)));

    private IEnumerable<FrameAnnotation> Judgeable(AnnotatedClip clip) => clip.Frames.Where(frame => _lengths.Any(name =>
        frame.LengthsMm.ContainsKey(name) || (frame.Landmarks.ContainsKey(name + "_start") && frame.Landmarks.ContainsKey(name + "_end"))));

    private void Collect(AnnotatedClip clip, Judgement judged)
    {
        FrameAnnotation[] known = [.. Judgeable(clip)];
        if (known.Length == 0)
        {
            return;
        }

        var opened = _preparation.Open(clip);
        if (opened.Spacing is null)
        {
            judged.Skipped.Add(new SkippedClip(clip.Path, "does not say how large a pixel is: its lengths are judged in pixels, not in mm. Give the pixel spacing."));
        }

        PendingFrame[] frames = [.. known.Select(frame => new PendingFrame(opened, frame, _preparation.Frame(clip, frame.Frame)))];
        judged.Pending.AddRange(frames);
    }

    private void Judge(Func<IReadOnlyList<PreparedFrame>, IReadOnlyList<IReadOnlyList<LandmarkPrediction>>> predict, Judgement judged, int count)
    {
        if (count == 0)
        {
            return;
        }

        PendingFrame[] chunk = [.. judged.Pending.Take(count)];
        judged.Pending.RemoveRange(0, count);
        var predicted = predict([.. chunk.Select(item => item.Prepared)]);
        for (int i = 0; i < chunk.Length; i++)
        {
            var (opened, frame, prepared) = chunk[i];
            JudgeFrame(opened, frame, predicted[i], judged.Cases);
            if (judged.TakesPicture(_options.PictureFrames))
            {
                judged.Pictures.Add(Picture(opened.Clip, prepared, predicted[i]));
            }
        }
    }

    private void JudgeFrame(PreparedClip opened, FrameAnnotation frame, IReadOnlyList<LandmarkPrediction> predicted, List<MeasurementCase> cases)
    {
        var clip = opened.Clip;
        var stored = predicted.ToDictionary(point => point.Name, point =>
        {
            var (x, y) = opened.Geometry.ToFrame(point.Point.X, point.Point.Y);
            return new ImagePoint(x, y);
        });
        var said = LvMeasurements.FromPoints(stored, opened.Spacing, _lengths);
        var drawn = LvMeasurements.FromPoints(frame.Landmarks, opened.Spacing, _lengths);
        string phase = frame.Frame == clip.EndDiastolicFrame ? "ed" : frame.Frame == clip.EndSystolicFrame ? "es" : "";
        foreach (string name in _lengths)
        {
            double? truth = frame.LengthsMm.TryGetValue(name, out double read) ? read : drawn.Length(name).Mm;
            if (truth is not null || drawn.Length(name).Pixels is not null)
            {
                var length = said.Length(name);
                cases.Add(new MeasurementCase(clip.Name, clip.Patient, frame.Frame, phase, name, truth, length.Mm, drawn.Length(name).Pixels, length.Pixels!.Value));
            }
        }
    }

    private LandmarkPicture Picture(AnnotatedClip clip, PreparedFrame frame, IReadOnlyList<LandmarkPrediction> predicted) => new(
        frame.Pixels,
        frame.Side,
        predicted.ToDictionary(point => point.Name, point => point.Point),
        frame.Landmarks.Where(point => _options.Head.Landmarks.Contains(point.Key)).ToDictionary(),
        string.Create(CultureInfo.InvariantCulture, $"{clip.Name} frame {frame.Frame}"));

    private LandmarkSheet Sheet(IReadOnlyList<LandmarkPicture> pictures) => new()
    {
        Title = "Predicted points (discs) and reference (crosses)",
        Lengths = _lengths,
        Pictures = pictures,
    };

    private static string[] Row(MeasurementCase item) =>
    [
        item.Clip, item.Patient, item.Frame.ToString(CultureInfo.InvariantCulture), item.Phase, item.Name,
        Number(item.TruthMm), Number(item.PredictedMm), Number(item.TruthPixels), Number(item.PredictedPixels),
    ];

    private static string Number(double? value) => value is { } known ? known.ToString("0.###", CultureInfo.InvariantCulture) : "";

    private readonly record struct PendingFrame(PreparedClip Opened, FrameAnnotation Annotation, PreparedFrame Prepared);

    private sealed class Judgement
    {
        public List<MeasurementCase> Cases { get; } = [];

        public List<LandmarkPicture> Pictures { get; } = [];

        public List<SkippedClip> Skipped { get; } = [];

        public List<PendingFrame> Pending { get; } = [];

        /// <summary>Frames of the split; some may turn out unreadable.</summary>
        public required int Frames { get; init; }

        private long _seen;

        // Spread over the split, and no more kept in memory than are drawn.
        public bool TakesPicture(int wanted)
        {
            long before = _seen++;
            return Frames <= wanted || before * wanted / Frames != (before + 1) * wanted / Frames;
        }
    }
}
