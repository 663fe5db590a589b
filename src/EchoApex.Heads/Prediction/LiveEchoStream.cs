using EchoApex.Core.Backbones;
using System.Diagnostics;
using System.Threading.Channels;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Prediction;

/// <summary>
/// Judges frames as a scanner makes them: the view and a mask of every frame, the ejection fraction every half second. Frames go into a
/// ring of slots that are made once; where the networks are too slow the oldest frames are dropped and counted, so that results stay
/// near the present and memory stays flat.
/// </summary>
/// <remarks>
/// Thread safety: one thread pushes, one reads results; <see cref="Statistics"/> may be asked by any. The stream uses the models of its
/// predictor in turn with other callers; dispose it before the predictor.
/// </remarks>
public sealed class LiveEchoStream : IAsyncDisposable
{
    private const int KeptLatencies = 4096;

    private readonly EchoPredictor _predictor;
    private readonly LiveStreamOptions _options;
    private readonly LiveFrameRing _ring;
    private readonly EchoClip _frames;
    private readonly Channel<LiveResult> _results;
    private readonly double[] _latencies = new double[KeptLatencies];
    private readonly Lock _statistics = new();
    private readonly Task _worker;
    private readonly Queue<IReadOnlyList<double>> _views = new();
    private long _judged, _resultsDropped, _firstAt, _lastAt;
    private bool _disposed;

    internal LiveEchoStream(EchoPredictor predictor, LiveStreamOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "live stream");
        (_predictor, _options) = (predictor, options);
        if (options.Structure is { } structure && predictor.Find<LoadedSegmentation>() is { } masks && !masks.Info.Labels.Contains(structure))
        {
            throw new ConfigurationException("live stream", $"structure is '{structure}'; the model knows {string.Join(", ", masks.Info.Labels)}.");
        }

        _ring = new LiveFrameRing(options);
        _frames = new EchoClip(_ring, new ClipOrigin("live", "memory")) { Spacing = options.Spacing };
        _results = Channel.CreateBounded<LiveResult>(
            new BoundedChannelOptions(options.ResultCapacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true },
            _ => Interlocked.Increment(ref _resultsDropped));
        _worker = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How the stream keeps up.</summary>
    public LiveStatistics Statistics
    {
        get
        {
            lock (_statistics)
            {
                double[] sorted = [.. _latencies.Take((int)Math.Min(_judged, KeptLatencies)).Order()];
                double Quantile(double share) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
                double seconds = Stopwatch.GetElapsedTime(_firstAt, _lastAt).TotalSeconds;
                return new LiveStatistics(_ring.Received, _judged, _ring.Dropped, Interlocked.Read(ref _resultsDropped), _judged > 1 && seconds > 0 ? (_judged - 1) / seconds : 0, Quantile(0.5), Quantile(0.99));
            }
        }
    }

    /// <summary>Hands over a frame; it is copied. Never waits for the networks.</summary>
    /// <param name="frame">Height x width x channels bytes, row by row.</param>
    /// <param name="timeMs">Its time in ms; times ascend.</param>
    /// <returns>Whether it found room; otherwise the oldest waiting frame was dropped for it.</returns>
    /// <exception cref="ArgumentException">The frame has another size.</exception>
    /// <exception cref="ObjectDisposedException">The stream has ended.</exception>
    public bool Push(ReadOnlySpan<byte> frame, double timeMs) => frame.Length == _frames.FrameLength
        ? _ring.Push(frame, timeMs)
        : throw new ArgumentException($"A frame of {_options.Height} x {_options.Width} x {_options.Channels} has {_frames.FrameLength} bytes; got {frame.Length}.", nameof(frame));

    /// <summary>No more frames come: those that wait are judged, then the results end.</summary>
    public void Complete() => _ring.End();

    /// <summary>The results as they come, until <see cref="Complete"/> or disposal.</summary>
    /// <exception cref="DataException">No ultrasound sector was found in the first frames.</exception>
    public IAsyncEnumerable<LiveResult> ResultsAsync(CancellationToken cancellationToken = default) => _results.Reader.ReadAllAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _ring.End();
        await _worker.ConfigureAwait(false);
        _ring.Arrived.Dispose();
    }

    private void Work()
    {
        Exception? failure = null;
        try
        {
            if (Calibrate())
            {
                Judge();
            }
        }
        catch (Exception error) when (error is EchoApexException or ObjectDisposedException)
        {
            failure = error;
        }
        finally
        {
            _results.Writer.TryComplete(failure);
        }
    }

    // Waits for the first frames; every model then finds the sector by them, once.
    private bool Calibrate()
    {
        while (_ring.Count < _options.CalibrationFrames && !_ring.IsEnded)
        {
            _ring.Arrived.Wait();
        }

        if (_ring.Count == 0)
        {
            return false;
        }

        foreach (var task in new LoadedTask?[] { _predictor.Find<LoadedView>(), _predictor.Find<LoadedSegmentation>(), _predictor.Find<LoadedEjectionFraction>() }.OfType<LoadedTask>())
        {
            task.Preparation.Geometry(_frames);
        }

        _ring.Calibrated();

        // Signals that were taken above come back; one too many is taken for none.
        _ring.Arrived.Release(_ring.Count + 1);
        return true;
    }

    private void Judge()
    {
        var view = _predictor.Find<LoadedView>();
        using var encoders = new FrameEncoders();
        using var masks = _options.Structure is null ? null : _predictor.Find<LoadedSegmentation>() is { } segmentation ? segmentation.NewSession(encoders.Of(segmentation)) : null;
        var fraction = _predictor.Find<LoadedEjectionFraction>() is { } model ? new LiveEjectionFraction(model, encoders.Of(model), _options.EjectionFractionIntervalMs) : null;
        var viewEncoder = view is null ? null : encoders.Of(view);
        while (!_disposed)
        {
            _ring.Arrived.Wait();
            if (_ring.Take() is not { } frame)
            {
                if (_ring.IsEnded)
                {
                    return;
                }

                continue;
            }

            try
            {
                var result = _predictor.InTurn(() => Judge(frame, view, viewEncoder, masks, fraction), CancellationToken.None);
                Count(result.LatencyMs);
                _results.Writer.TryWrite(result);
            }
            finally
            {
                _ring.Release(frame.Slot);
            }
        }
    }

    private LiveResult Judge(LiveFrameRing.Waiting frame, LoadedView? view, IBackbone? viewEncoder, SegmentationSession? masks, LiveEjectionFraction? fraction)
    {
        ViewPrediction? seen = null;
        if (view is not null)
        {
            _views.Enqueue(view.Frame(viewEncoder!, _frames, frame.Slot).Probabilities);
            while (_views.Count > _options.ViewFrames)
            {
                _views.Dequeue();
            }

            seen = ViewAggregator.Combine([.. _views], view.Info.Labels, ClipAggregation.Mean, view.Options.AbstainBelow);
        }

        SegmentedMask? mask = null;
        if (masks is not null && frame.Frame % _options.MaskEvery == 0)
        {
            masks.SetImage(_frames, frame.Slot);
            mask = masks.Segment(new SegmentationPrompt { Structure = _options.Structure })[0];
        }

        fraction?.Add(_frames, frame.Slot, frame.TimeMs);
        return new LiveResult
        {
            Frame = frame.Frame,
            TimeMs = frame.TimeMs,
            View = seen,
            Mask = mask,
            EjectionFraction = fraction?.Latest,
            EjectionFractionTimeMs = fraction?.LatestTimeMs,
            LatencyMs = Stopwatch.GetElapsedTime(frame.PushedAt).TotalMilliseconds,
        };
    }

    private void Count(double latencyMs)
    {
        lock (_statistics)
        {
            _latencies[_judged % KeptLatencies] = latencyMs;
            _lastAt = Stopwatch.GetTimestamp();
            _firstAt = _judged == 0 ? _lastAt : _firstAt;
            _judged++;
        }
    }

    // One memory an encoder, whatever the number of tasks that ask it.
    private sealed class FrameEncoders : IDisposable
    {
        private readonly List<RememberingEncoder> _encoders = [];

        public RememberingEncoder Of(LoadedTask task)
        {
            if (_encoders.FirstOrDefault(known => known.Original == task.Encoder) is { } shared)
            {
                return shared;
            }

            _encoders.Add(new RememberingEncoder(task.Encoder));
            return _encoders[^1];
        }

        public void Dispose() => _encoders.ForEach(encoder => encoder.Dispose());
    }
}
