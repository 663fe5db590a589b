// Shape legend: B = frames of a batch, N = patches, D = feature dimension.
using EchoApex.Core.Datasets;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Evaluation;

/// <summary>Computes the features of a list of clips by several encoders in one pass over the files.</summary>
public static class FeatureExtractor
{
    /// <summary>Reads the clips once and encodes each batch by every encoder.</summary>
    /// <param name="reader">The clips, prepared as all of the encoders want them.</param>
    /// <param name="encoders">What to compute.</param>
    /// <param name="clsMean">Whether the cls vector followed by the mean patch is kept too.</param>
    /// <param name="patches">Whether patch features of frames with masks are kept. They take N x D x 4 bytes a frame.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    /// <returns>One entry an encoder, in their order.</returns>
    /// <exception cref="DataException">No clip can be read, or patches are asked for and no clip has masks.</exception>
    public static IReadOnlyList<EncoderFeatures> Extract(LabelledFrameReader reader, IReadOnlyList<IFrameEncoder> encoders, bool clsMean, bool patches, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(encoders);
        Collector[] collectors = [.. encoders.Select(encoder => new Collector(encoder, clsMean, patches))];
        foreach (var batch in reader.Read(cancellationToken))
        {
            using (batch)
            {
                foreach (var collector in collectors)
                {
                    collector.Add(batch);
                }
            }
        }

        return [.. collectors.Select(collector => collector.Finish(reader.LabelNames))];
    }

    private sealed class Collector(IFrameEncoder encoder, bool clsMean, bool patches)
    {
        private readonly List<int> _labels = [];
        private readonly List<string> _groups = [];
        private readonly List<float> _cls = [];
        private readonly List<float> _clsMean = [];
        private readonly List<float> _patches = [];
        private readonly List<byte[]> _masks = [];
        private readonly List<string> _maskGroups = [];
        private FrameFeatures? _last;
        private int _side;

        public void Add(LabelledFrameBatch batch)
        {
            var features = encoder.Encode(batch, patches || clsMean);
            (_last, _side) = (features, (int)batch.Images.shape[^1]);
            _labels.AddRange(batch.Labels);
            _groups.AddRange(batch.Groups);
            _cls.AddRange(features.Cls.Span);
            int length = features.GridHeight * features.GridWidth * features.PatchDimension;
            for (int i = 0; i < batch.Count && (patches || clsMean); i++)
            {
                var tokens_ND = features.Patches.Span.Slice(i * length, length);
                if (clsMean && features.PatchesAreTokens)
                {
                    _clsMean.AddRange(features.Cls.Span.Slice(i * features.ClsDimension, features.ClsDimension));
                    _clsMean.AddRange(Mean(tokens_ND, features.PatchDimension));
                }

                if (patches && batch.Masks[i] is { } mask)
                {
                    _patches.AddRange(tokens_ND);
                    _masks.Add(mask);
                    _maskGroups.Add(batch.Groups[i]);
                }
            }
        }

        public EncoderFeatures Finish(IReadOnlyList<string> labelNames)
        {
            var last = _last!;
            int[] labels = [.. _labels];
            return new EncoderFeatures(
                encoder.Name,
                new FeatureTable([.. _cls], last.ClsDimension, labels, labelNames, _groups),
                _clsMean.Count == 0 ? null : new FeatureTable([.. _clsMean], last.ClsDimension + last.PatchDimension, labels, labelNames, _groups),
                _masks.Count == 0 ? null : new PatchFeatures([.. _patches], last.PatchDimension, last.GridHeight, last.GridWidth, _masks, _side, _maskGroups));
        }

        private static float[] Mean(ReadOnlySpan<float> tokens_ND, int dimension)
        {
            double[] sum = new double[dimension];
            for (int i = 0; i < tokens_ND.Length; i++)
            {
                sum[i % dimension] += tokens_ND[i];
            }

            int count = tokens_ND.Length / dimension;
            return [.. sum.Select(value => (float)(value / count))];
        }
    }
}
