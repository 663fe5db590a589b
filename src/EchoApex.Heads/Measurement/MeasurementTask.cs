// Shape legend: B = frames, S = side of the square input, K = landmarks, h, w = cells of a heat map.
using System.Globalization;
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;
using static TorchSharp.torch;

namespace EchoApex.Heads.Measurement;

/// <summary>Teaches an encoder to place the ends of septum, cavity and posterior wall, and judges the lengths between them in mm.</summary>
public sealed class MeasurementTask : ITrainableTask
{
    private readonly AnnotatedClipSet _set;
    private readonly MeasurementOptions _options;
    private readonly ClipPreparation _preparation;
    private readonly MeasurementHead _head;
    private readonly MeasurementLoss _loss;
    private readonly IReadOnlyList<string> _lengths;
    private readonly (AnnotatedClip Clip, int Frame)[] _training;
    private readonly ulong _seed;

    /// <summary>Prepares the task with an untrained head.</summary>
    /// <param name="set">The data; <see cref="AnnotatedClipSet.Merge"/> makes a mixture. Frames of the training split with points are trained on.</param>
    /// <param name="preparation">How clips become input.</param>
    /// <param name="encoder">The encoder that the head is for; it stays the caller's.</param>
    /// <param name="options">All else.</param>
    /// <param name="seed">Seed of the head's weights and of the bootstrap.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or no clip of the data has such points or lengths.</exception>
    public MeasurementTask(AnnotatedClipSet set, ClipPreparation preparation, IBackbone encoder, MeasurementOptions options, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "measure");
        (_set, _preparation, _options, _seed) = (set, preparation, options, seed);
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

        _head = new MeasurementHead(encoder.Config, encoder.StageCount, options.Head, RandomStream.For(seed, "measurement head"));
    }

    /// <inheritdoc/>
    public string Name => "measure";

    /// <inheritdoc/>
    public nn.Module Head => _head;

    /// <inheritdoc/>
    public IReadOnlyList<TaskSample> TrainingSamples { get; }

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => new MeasurementBatch(size, _preparation.Side, _options.Head.Landmarks.Count);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var target = (MeasurementBatch)batch;
        var (clip, frame) = _training[sample];
        var prepared = _preparation.Frame(clip, frame);
        int side = _preparation.Side, stride = _options.Head.HeatmapStride, count = _options.Head.Landmarks.Count;
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
                target.Points[((slot * count) + k) * 2] = present ? (float)(((moved.X + 0.5) / stride) - 0.5) : 0;
                target.Points[(((slot * count) + k) * 2) + 1] = present ? (float)(((moved.Y + 0.5) / stride) - 0.5) : 0;
            }

            target.Present[(slot * count) + k] = present ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var source = (MeasurementBatch)batch;
        using var scope = NewDisposeScope();
        var device = _head.parameters().First().device;
        long size = source.Size, landmarks = _options.Head.Landmarks.Count;
        var images_BCSS = source.ToImages(_preparation.Normalizer).to(device);
        var logits_BKhw = _head.Heatmaps(encoder, images_BCSS);
        var loss = _loss.Compute(logits_BKhw, tensor(source.Points).view(size, landmarks, 2).to(device), tensor(source.Present).view(size, landmarks).to(device));
        loss.Total.MoveToOuterDisposeScope();
        foreach (var term in loss.Terms.Values)
        {
            term.MoveToOuterDisposeScope();
        }

        return loss;
    }

    /// <summary>Finds the points of frames, in pixels of the square input.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="frames">Frames of the encoder's preprocessing.</param>
    /// <returns>For each frame its points in the order of the options.</returns>
    public IReadOnlyList<IReadOnlyList<LandmarkPrediction>> Predict(IBackbone encoder, IReadOnlyList<PreparedFrame> frames)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(frames);
        using var mode = new EvaluationMode(encoder.Module, _head);
        using var scope = NewDisposeScope();
        int side = _preparation.Side;
        var batch = new FrameBatch(frames.Count, side);
        for (int i = 0; i < frames.Count; i++)
        {
            frames[i].Pixels.CopyTo(batch.Pixels(i));
            frames[i].Inside.CopyTo(batch.Inside(i));
        }

        var images_BCSS = batch.ToImages(_preparation.Normalizer).to(_head.parameters().First().device);
        return PointDecoder.Decode(_head.Heatmaps(encoder, images_BCSS), side, side, _options.Head);
    }

    /// <inheritdoc/>
    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
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
                Judge(encoder, judged, _options.EvaluationBatch);
            }
        }

        Judge(encoder, judged, judged.Pending.Count);
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

    /// <inheritdoc/>
    public void Dispose() => _head.Dispose();

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

    private void Judge(IBackbone encoder, Judgement judged, int count)
    {
        if (count == 0)
        {
            return;
        }

        PendingFrame[] chunk = [.. judged.Pending.Take(count)];
        judged.Pending.RemoveRange(0, count);
        var predicted = Predict(encoder, [.. chunk.Select(item => item.Prepared)]);
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
