// Shape legend: T = frames that are looked at, C = views.
using EchoApex.Core.Backbones;
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.ViewClassification;

/// <summary>The view of a clip from some of its frames.</summary>
public sealed class ViewPredictor
{
    private readonly ViewClassificationHead _head;
    private readonly FrameNormalizer _normalizer;
    private readonly IReadOnlyList<string> _labels;
    private readonly ViewClassificationOptions _options;

    /// <summary>Prepares the predictor.</summary>
    /// <param name="head">The head; it stays the caller's.</param>
    /// <param name="normalizer">The encoder's.</param>
    /// <param name="labels">Names of the logits.</param>
    /// <param name="options">How many frames, how they are joined, when to abstain.</param>
    public ViewPredictor(ViewClassificationHead head, FrameNormalizer normalizer, IReadOnlyList<string> labels, ViewClassificationOptions options)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(normalizer);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(options);
        (_head, _normalizer, _labels, _options) = (head, normalizer, labels, options);
    }

    /// <summary>Judges a clip.</summary>
    /// <param name="encoder">The encoder that the head was trained with.</param>
    /// <param name="frameCount">Frames of the clip.</param>
    /// <param name="frame">Gives a frame as the encoder's square input.</param>
    public ViewPrediction Predict(IBackbone encoder, int frameCount, Func<int, PreparedFrame> frame)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(frame);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var batch = FrameBatch.Of([.. FrameSelection.Spread(frameCount, _options.FramesPerClip).Select(frame)]);
        using var features = encoder.Extract(batch.ToImages(_normalizer));
        var probabilities_TC = _head.Classify(features).softmax(1).to(float64).cpu();
        double[] values = [.. probabilities_TC.data<double>()];
        return ViewAggregator.Combine([.. values.Chunk(_labels.Count)], _labels, _options.Aggregation, _options.AbstainBelow);
    }
}
