// Shape legend: M = frames of a clip, T = frames of a window, S = side of the square input, E = 2 D = a frame's vector.
using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;
using static TorchSharp.torch;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>Applies a trained head to clips: several windows, each frame encoded once, predictions averaged.</summary>
public sealed class EjectionFractionPredictor
{
    // Distance from the median within which a Laplace distribution of scale 1 has 95 %: ln 20.
    private const double LaplaceHalfWidth = 2.995732273553991;
    private const double GaussianHalfWidth = 1.959963984540054;

    private readonly EjectionFractionHead _head;
    private readonly FrameNormalizer _normalizer;
    private readonly FrameWindows _windows;
    private readonly EjectionFractionLikelihood _likelihood;
    private readonly int _encoderBatch;

    /// <summary>Creates the predictor; the head stays the caller's.</summary>
    /// <param name="head">The head.</param>
    /// <param name="normalizer">The encoder's last step of preprocessing.</param>
    /// <param name="windows">Which frames are seen.</param>
    /// <param name="likelihood">The likelihood that the head was trained with.</param>
    /// <param name="encoderBatch">Frames that go through the encoder at a time.</param>
    /// <exception cref="ConfigurationException">A value of the windows is out of range.</exception>
    public EjectionFractionPredictor(EjectionFractionHead head, FrameNormalizer normalizer, FrameWindowOptions windows, EjectionFractionLikelihood likelihood, int encoderBatch = 32)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(normalizer);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(encoderBatch);
        (_head, _normalizer, _windows, _likelihood, _encoderBatch) = (head, normalizer, new FrameWindows(windows), likelihood, encoderBatch);
    }

    /// <summary>Judges a clip.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="frameCount">Frames of the clip, at least 1.</param>
    /// <param name="frameTimesMs">Time of each frame in ms; null when unknown.</param>
    /// <param name="heartRateBpm">Heart rate in beats a minute; null when unknown.</param>
    /// <param name="frame">Gives a frame as the encoder's square input.</param>
    public EjectionFractionPrediction Predict(IBackbone encoder, int frameCount, IReadOnlyList<double>? frameTimesMs, double? heartRateBpm, Func<int, PreparedFrame> frame)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(frame);
        using var mode = new EvaluationMode(encoder.Module, _head);
        using var scope = NewDisposeScope();
        var windows = _windows.Cover(frameCount, frameTimesMs, heartRateBpm);
        int[] seen = [.. windows.SelectMany(window => window).Distinct().Order()];
        var vectors_ME = cat([.. seen.Chunk(_encoderBatch).Select(chunk => Encode(encoder, [.. chunk.Select(frame)]))], 0);
        var sums = new Sums(seen);
        foreach (int[] window in windows)
        {
            long[] places = [.. window.Select(index => (long)Array.BinarySearch(seen, index))];
            float[] times = [.. window.Select(index => frameTimesMs is null ? float.NaN : (float)(frameTimesMs[index] - frameTimesMs[window[0]]))];
            var device = vectors_ME.device;
            var frames_1TE = vectors_ME.index_select(0, tensor(places, device: device)).unsqueeze(0);
            using var output = _head.Decode(frames_1TE, tensor(times, device: device).unsqueeze(0), ones([1, window.Length], float32, device));
            sums.Add(output, places);
        }

        return sums.Average(_likelihood);
    }

    /// <summary>The vectors of frames, for a window that rolls: each frame is encoded once.</summary>
    /// <returns>float32 [frames, E] on the CPU; the caller disposes it.</returns>
    internal Tensor EncodeFrames(IBackbone encoder, PreparedFrame[] frames)
    {
        using var noGradient = no_grad();
        using var vectors_ME = Encode(encoder, frames);
        return vectors_ME.to(ScalarType.Float32).cpu().contiguous().clone();
    }

    /// <summary>Judges one window.</summary>
    /// <param name="vectors_TE">The vectors of its frames.</param>
    /// <param name="timesMs">The time of each in ms.</param>
    internal EjectionFractionPrediction DecodeWindow(Tensor vectors_TE, IReadOnlyList<double> timesMs)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var device = _head.parameters().First().device;
        float[] times = [.. timesMs.Select(time => (float)(time - timesMs[0]))];
        using var output = _head.Decode(vectors_TE.to(device).unsqueeze(0), tensor(times, device: device).unsqueeze(0), ones([1, times.Length], float32, device));
        var sums = new Sums([.. Enumerable.Range(0, times.Length)]);
        sums.Add(output, [.. Enumerable.Range(0, times.Length).Select(place => (long)place)]);
        return sums.Average(_likelihood);
    }

    private Tensor Encode(IBackbone encoder, PreparedFrame[] frames)
    {
        using var scope = NewDisposeScope();
        var batch = new FrameBatch(frames.Length, frames[0].Side);
        for (int i = 0; i < frames.Length; i++)
        {
            frames[i].Pixels.CopyTo(batch.Pixels(i));
            frames[i].Inside.CopyTo(batch.Inside(i));
        }

        using var features = encoder.Extract(batch.ToImages(_normalizer).to(_head.parameters().First().device));
        return _head.PoolFrames(features).MoveToOuterDisposeScope();
    }

    private sealed class Sums(int[] frames)
    {
        private readonly double[] _diastole = new double[frames.Length];
        private readonly double[] _systole = new double[frames.Length];
        private readonly int[] _views = new int[frames.Length];
        private readonly List<(double Mean, double LogScale, double Below50, double Below40)> _said = [];

        public void Add(EjectionFractionOutput output, long[] places)
        {
            using var scope = NewDisposeScope();
            double[] classes = Values(output.ClassLogits.sigmoid());
            _said.Add((output.Mean.ReadDouble(), output.LogScale.ReadDouble(), classes[0], classes[1]));
            double[] phases = Values(output.PhaseLogits.softmax(1));
            for (int i = 0; i < places.Length; i++)
            {
                _diastole[places[i]] += phases[2 * i];
                _systole[places[i]] += phases[(2 * i) + 1];
                _views[places[i]]++;
            }
        }

        // The windows are a mixture: its variance is the mean variance and the variance of the means.
        public EjectionFractionPrediction Average(EjectionFractionLikelihood likelihood)
        {
            bool laplace = likelihood == EjectionFractionLikelihood.Laplace;
            double mean = _said.Average(item => item.Mean);
            double within = _said.Average(item => (laplace ? 2 : 1) * Math.Exp(2 * item.LogScale));
            double between = _said.Average(item => (item.Mean - mean) * (item.Mean - mean));
            double deviation = Math.Sqrt(within + between);
            return new EjectionFractionPrediction
            {
                Percent = mean,
                StandardDeviation = deviation,
                HalfWidth95 = laplace ? LaplaceHalfWidth * deviation / Math.Sqrt(2) : GaussianHalfWidth * deviation,
                Below50 = _said.Average(item => item.Below50),
                Below40 = _said.Average(item => item.Below40),
                Frames = frames,
                EndDiastole = [.. _diastole.Select((sum, i) => sum / _views[i])],
                EndSystole = [.. _systole.Select((sum, i) => sum / _views[i])],
            };
        }

        private static double[] Values(Tensor tensor) => [.. tensor.to(ScalarType.Float64).cpu().contiguous().data<double>()];
    }
}
