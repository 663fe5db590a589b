// Shape legend: T = frames of the window, E = a frame's vector.
using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;
using EchoApex.Heads.EjectionFraction;
using static TorchSharp.torch;

namespace EchoApex.Heads.Prediction;

/// <summary>The rolling ejection fraction: a frame is encoded once, when its turn in the window comes; the window is read every so often.</summary>
internal sealed class LiveEjectionFraction(LoadedEjectionFraction model, IBackbone encoder, double intervalMs)
{
    private readonly Queue<(double TimeMs, float[] Vector_E)> _window = new();
    private readonly int _frames = model.Options.Windows.Frames;
    private readonly double _stepMs = model.Options.Windows.DurationMs / Math.Max(1, model.Options.Windows.Frames - 1);
    private double _lastEncodedMs = double.NegativeInfinity;
    private double _lastReadMs = double.NegativeInfinity;

    public EjectionFractionPrediction? Latest { get; private set; }

    public double? LatestTimeMs { get; private set; }

    /// <summary>
    /// Takes a frame; most are passed over, since a window holds few. After a pause of a window's length, or where time goes back, the
    /// window begins anew: no fraction is read from frames of two scenes.
    /// </summary>
    public void Add(EchoClip frames, int slot, double timeMs)
    {
        if (timeMs < _lastEncodedMs || timeMs - _lastEncodedMs > model.Options.Windows.DurationMs)
        {
            _window.Clear();
            (_lastEncodedMs, _lastReadMs) = (double.NegativeInfinity, double.NegativeInfinity);
        }

        // Half a frame of tolerance, so that a stream whose rate is a multiple of the window's does not skip one by rounding.
        if (timeMs - _lastEncodedMs < 0.98 * _stepMs)
        {
            return;
        }

        _lastEncodedMs = timeMs;
        using (var vector_1E = model.Predictor.EncodeFrames(encoder, [model.Preparation.Frame(frames, slot)]))
        {
            _window.Enqueue((timeMs, [.. vector_1E.data<float>()]));
        }

        while (_window.Count > _frames)
        {
            _window.Dequeue();
        }

        if (_window.Count == _frames && timeMs - _lastReadMs >= intervalMs)
        {
            using var scope = NewDisposeScope();
            _lastReadMs = timeMs;
            var vectors_TE = tensor(_window.SelectMany(entry => entry.Vector_E).ToArray()).reshape(_frames, -1);
            Latest = model.Predictor.DecodeWindow(vectors_TE, [.. _window.Select(entry => entry.TimeMs)]);
            LatestTimeMs = timeMs;
        }
    }
}
