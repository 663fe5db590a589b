using EchoApex.Core.Checkpoints;
using EchoApex.Core.Checkpoints.KeyMaps;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Segmentation;

/// <summary>Reads the decoder of a Segment Anything checkpoint into a head.</summary>
internal static class SegmentAnythingImport
{
    private const string Anchor = "mask_decoder.iou_token.weight";
    private static readonly string[] Parts = ["prompt_encoder.", "mask_decoder."];

    public static LoadReport Load(SegmentationHead head, string path)
    {
        using var source = TensorSource.Open(path);
        string prefix = Prefix(source);
        Dictionary<string, MappedTensor> mapped = new(StringComparer.Ordinal);
        List<string> dropped = [];
        foreach (var (name, entry) in source.Tensors)
        {
            string inner = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : "";
            if (Array.Exists(Parts, part => inner.StartsWith(part, StringComparison.Ordinal)))
            {
                mapped[inner] = new MappedTensor(name, entry.Dtype, entry.Shape);
            }
            else
            {
                dropped.Add(name);
            }
        }

        ThrowIfUnfit(head, path, mapped);
        return StateDictLoader.Load(head, source, new LoadOptions { Mapping = new KeyMapping(mapped, dropped, prefix), Strict = false });
    }

    private static string Prefix(ITensorSource source)
    {
        string[] anchors = [.. source.Tensors.Keys.Where(name => name == Anchor || name.EndsWith("." + Anchor, StringComparison.Ordinal))];
        return anchors.Length switch
        {
            1 => anchors[0][..^Anchor.Length],
            0 => throw new CheckpointException(source.Path, $"holds no mask decoder of Segment Anything: no name ends in '{Anchor}'. Give a checkpoint of SAM or MedSAM."),
            _ => throw new CheckpointException(source.Path, $"holds {anchors.Length} mask decoders. Save the one you mean as a state dict of its own."),
        };
    }

    private static void ThrowIfUnfit(SegmentationHead head, string path, Dictionary<string, MappedTensor> mapped)
    {
        var own = head.state_dict().Where(pair => Array.Exists(Parts, part => pair.Key.StartsWith(part, StringComparison.Ordinal))).ToDictionary(pair => pair.Key, pair => pair.Value.shape);
        List<string> faults =
        [
            .. own.Keys.Where(key => !mapped.ContainsKey(key)).Select(key => $"'{key}' is missing"),
            .. mapped.Keys.Where(key => !own.ContainsKey(key)).Select(key => $"'{key}' has no place"),
            .. own.Where(pair => mapped.TryGetValue(pair.Key, out var found) && !found.Shape.SequenceEqual(pair.Value))
                .Select(pair => $"'{pair.Key}' is [{string.Join(", ", mapped[pair.Key].Shape)}] instead of [{string.Join(", ", pair.Value)}]"),
        ];
        if (faults.Count > 0)
        {
            string listed = string.Join("; ", faults.Order(StringComparer.Ordinal).Take(8));
            throw new CheckpointException(path, $"does not fit the head in {faults.Count} tensors, nothing was loaded: {listed}. Build the head with the default SegmentationOptions for SAM and MedSAM.");
        }
    }
}
