using EchoApex.Core.Datasets;
using EchoApex.Core.Embedding;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Probing;

/// <summary>Judges encoders of one preprocessing side by side: every file is read once a list, whatever the number of encoders.</summary>
internal static class ProbeRun
{
    /// <summary>Encodes all lists and runs the probes.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="encoders">Encoders by name, at least one; all with the preprocessing of the first.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static ProbeOutcome Run(ProbeRequest request, IReadOnlyList<(string Name, Embedder Embedder)> encoders, CancellationToken cancellationToken)
    {
        request.Validate();
        var first = encoders[0].Embedder;
        if (encoders.FirstOrDefault(encoder => encoder.Embedder.Preprocessing != first.Preprocessing) is { Embedder: not null } other)
        {
            throw new ConfigurationException("probe", $"'{other.Name}' is fed by another preprocessing than '{encoders[0].Name}'. Judge them one by one.");
        }

        int? finer = request.Patches && request.PatchSide != first.Preprocessing.ImageSize ? request.PatchSide : null;
        if (finer % first.PatchSize is not (null or 0))
        {
            throw new ConfigurationException("probe", $"the side of the patch probe's images is {finer}, which is no multiple of the encoder's patch of {first.PatchSize} pixels.");
        }

        List<IFrameEncoder> sources = [.. request.Pixels ? [new PixelFrameEncoder(first.PatchSize)] : Array.Empty<IFrameEncoder>()];
        sources.AddRange(encoders.Select(encoder => new EmbedderFrameEncoder(encoder.Name, encoder.Embedder)));
        var skipped = new List<SkippedClip>();
        var train = Extract(request.Train);
        var validation = request.Validation is null ? null : Extract(request.Validation);
        var test = Extract(request.Test);
        string[]? structures = request.Train.MaskNames is null ? null : [.. request.Train.MaskNames];
        EncoderScores[] scores = [.. Enumerable.Range(0, sources.Count).Select(i => EncoderProbe.Judge(train[i], validation?[i], test[i], request.Options, structures, cancellationToken))];
        return new ProbeOutcome(scores, train, test, skipped);

        IReadOnlyList<EncoderFeatures> Extract(LabelledClipList list)
        {
            var (features, unread) = Pass(list, first.Preprocessing, request.ClsMean, request.Patches && finer is null);
            skipped.AddRange(unread);
            if (finer is not { } side)
            {
                return features;
            }

            var (fine, _) = Pass(list, first.Preprocessing with { ImageSize = side }, clsMean: false, patches: true);
            return [.. features.Zip(fine, (own, other) => own with { Patches = other.Patches })];
        }

        (IReadOnlyList<EncoderFeatures> Features, IReadOnlyList<SkippedClip> Skipped) Pass(LabelledClipList list, Preprocessing preprocessing, bool clsMean, bool patches)
        {
            var reader = new LabelledFrameReader(list, request.LabelNames ?? request.Train.LabelNames, preprocessing, new LabelledFrameOptions
            {
                FramesPerClip = request.FramesPerClip,
                BatchSize = request.BatchSize,
                Pictures = request.Pixels,
                Masks = patches,
            });
            return (FeatureExtractor.Extract(reader, sources, clsMean, patches, cancellationToken), reader.Skipped);
        }
    }
}
