using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>
/// Turns the key names of one family of files into the reference's. A pure function of names and shapes: no bytes are read.
/// </summary>
/// <remarks>
/// Common to all families: the encoder is found by a name that every encoder has, whatever stands before it ("teacher.",
/// "backbone.", "module.", "model.", "state_dict." …); the teacher is taken where a file holds teacher and student; wrappers
/// inside names (FSDP, torch.compile, activation checkpointing) are removed.
/// </remarks>
public abstract class KeyMap
{
    private const string TransformerAnchor = "patch_embed.proj.weight";
    private const string ResNetAnchor = "layer1.0.conv1.weight";
    private static readonly string[] Wrappers = ["_fsdp_wrapped_module.", "_orig_mod.", "_checkpoint_wrapped_module."];

    /// <summary>The family's name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Beginnings of names that belong to heads, relative to the encoder's prefix.</summary>
    protected abstract IReadOnlyList<string> Heads { get; }

    /// <summary>Maps a file's tensors.</summary>
    /// <param name="tensors">The tensors of the file.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <exception cref="CheckpointException">The file holds no encoder, several that are equally likely, or a sharded one.</exception>
    public KeyMapping Map(IReadOnlyDictionary<string, TensorEntry> tensors, string file = "the weights")
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var clean = tensors.Select(pair => (Name: Unwrap(pair.Key), Source: pair.Key, Entry: pair.Value)).ToArray();
        string prefix = FindPrefix([.. clean.Select(item => item.Name)], file);
        Dictionary<string, MappedTensor> mapped = new(StringComparer.Ordinal);
        List<string> dropped = [];
        foreach (var (name, source, entry) in clean)
        {
            string? inner = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null;
            if (inner is null || Heads.Any(head => inner.StartsWith(head, StringComparison.Ordinal)))
            {
                dropped.Add(source);
            }
            else if (!mapped.TryAdd(Rename(inner), new MappedTensor(source, entry.Dtype, entry.Shape)))
            {
                throw new CheckpointException(file, $"holds two tensors for '{Rename(inner)}': '{mapped[Rename(inner)].Source}' and '{source}'.");
            }
        }

        Complete(mapped, file);
        return new KeyMapping(mapped, dropped, prefix);
    }

    /// <summary>The reference's name of a key.</summary>
    protected virtual string Rename(string key) => key;

    /// <summary>Last changes that depend on shapes.</summary>
    protected virtual void Complete(Dictionary<string, MappedTensor> mapped, string file)
    {
    }

    private static string Unwrap(string name)
    {
        foreach (string wrapper in Wrappers)
        {
            name = name.Replace(wrapper, "", StringComparison.Ordinal);
        }

        return name;
    }

    private static string FindPrefix(IReadOnlyList<string> names, string file)
    {
        string[] prefixes = [.. Prefixes(names, TransformerAnchor)];
        if (prefixes.Length == 0)
        {
            prefixes = [.. Prefixes(names, ResNetAnchor)];
        }

        if (prefixes.Length == 0)
        {
            bool sharded = names.Any(name => name.Contains("flat_param", StringComparison.Ordinal));
            throw new CheckpointException(file, sharded
                ? "holds sharded FSDP weights (flat_param). Consolidate them into one state dict first, as DINOv2's evaluation does (teacher_checkpoint.pth)."
                : $"holds no encoder: no name ends in '{TransformerAnchor}' (ViT) or '{ResNetAnchor}' (ResNet). It holds {Listing.Of(names.Select(Listing.Name), 8)}.");
        }

        int best = prefixes.Max(Rank);
        string[] likely = [.. prefixes.Where(prefix => Rank(prefix) == best)];
        return likely.Length == 1
            ? likely[0]
            : throw new CheckpointException(file, $"holds several encoders: {string.Join(", ", likely.Select(prefix => $"'{Listing.Name(prefix)}'"))}. Save the one you mean as a state dict of its own.");
    }

    private static IEnumerable<string> Prefixes(IEnumerable<string> names, string anchor) =>
        names.Where(name => name == anchor || name.EndsWith("." + anchor, StringComparison.Ordinal)).Select(name => name[..^anchor.Length]).Distinct(StringComparer.Ordinal);

    // The averaged network is the better one: teacher before ema before a plain one before the student.
    private static int Rank(string prefix)
    {
        string[] parts = prefix.Split('.');
        return parts.Contains("teacher") ? 3
            : parts.Any(part => part.Contains("ema", StringComparison.Ordinal)) ? 2
            : parts.Contains("student") ? 0 : 1;
    }
}
