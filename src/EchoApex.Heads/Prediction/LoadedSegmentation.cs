using EchoApex.Core.Backbones;
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Segmentation;

namespace EchoApex.Heads.Prediction;

/// <summary>A model of masks.</summary>
internal sealed class LoadedSegmentation : LoadedTask
{
    private readonly SegmentationHead _head;

    private LoadedSegmentation(TaskModel model, SegmentationHead head, EncoderPool encoders)
        : base(model, head, encoders) => _head = head;

    public override EchoTasks Task => EchoTasks.Segment;

    public static LoadedSegmentation Create(TaskModel model, EncoderPool encoders)
    {
        var options = TaskModelFolder.ReadOptions<SegmentationTaskOptions>(model);
        return new LoadedSegmentation(model, Filled(model, new SegmentationHead(options.Head, model.Encoder.FeatureDimension, model.Info.Labels)), encoders);
    }

    /// <summary>Frames one after the other; each is forgotten when the next is asked for, unless the caller keeps it.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frames">The frames, in any order.</param>
    /// <param name="structures">The structures; null for all.</param>
    /// <param name="cancellationToken">Stops between frames.</param>
    public IEnumerable<SegmentedFrame> Segment(EchoClip clip, IReadOnlyList<int> frames, IReadOnlyCollection<string>? structures, CancellationToken cancellationToken)
    {
        using var session = NewSession();
        string[] names = [.. session.Structures.Where(name => structures is null || structures.Contains(name))];
        foreach (int frame in frames)
        {
            cancellationToken.ThrowIfCancellationRequested();
            session.SetImage(clip, frame);
            yield return new SegmentedFrame(frame, names.ToDictionary(name => name, name => session.Segment(new SegmentationPrompt { Structure = name })[0]));
        }
    }

    public SegmentationSession NewSession(IBackbone? encoder = null) => new(encoder ?? Encoder, _head, Preparation.Preprocessor);

    public override EchoPrediction Judge(EchoClip clip, EchoPrediction prediction, CancellationToken cancellationToken) =>
        prediction with { Masks = [.. Segment(clip, FrameSelection.Spread(clip.FrameCount, null), null, cancellationToken)] };
}
