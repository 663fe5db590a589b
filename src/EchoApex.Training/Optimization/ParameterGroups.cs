namespace EchoApex.Training.Optimization;

/// <summary>Sorts parameters into groups by the rules of the recipes.</summary>
public static class ParameterGroups
{
    private const string LastLayer = "last_layer";

    /// <summary>
    /// DINO's rule: no weight decay for biases and one-dimensional parameters, everything else decays (the cls token,
    /// the position table and the prototypes too). The last layer forms groups of its own, so that it can be held still.
    /// </summary>
    /// <remarks>
    /// Upstream: dino/utils.py get_params_groups. Parameters without gradient are left out; so is mask_token, which DINO
    /// never feeds: PyTorch skips a parameter that received no gradient, and it must not decay here either.
    /// </remarks>
    /// <param name="parameters">Parameters of backbone and head.</param>
    public static IReadOnlyList<ParameterGroup> Dino(IEnumerable<NamedParameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return Collect(
            parameters.Where(p => !p.Name.EndsWith("mask_token", StringComparison.Ordinal)),
            p => new Rule(1, p.Name.EndsWith(".bias", StringComparison.Ordinal) || p.Parameter.dim() == 1 ? 0 : 1, IsLastLayer(p.Name)));
    }

    /// <summary>
    /// DINOv2's rule: a learning rate that decays with the distance from the output, a further factor on the patch
    /// embedding, and no weight decay for biases, norms and LayerScale (gamma).
    /// </summary>
    /// <remarks>
    /// Upstream: dinov2/utils/param_groups.py get_params_groups_with_decay. Depth 0 is the embedding (cls token, position
    /// table, mask and register tokens, patch embedding), block i is i + 1, anything else of the backbone is
    /// <paramref name="blocks"/> + 1; parameters outside the backbone have no layer decay.
    /// </remarks>
    /// <param name="parameters">Parameters of backbone ("backbone." first in the name) and heads.</param>
    /// <param name="blocks">Number of transformer blocks.</param>
    /// <param name="layerDecay">Factor from one layer to the one below; 0.9 in the default recipe.</param>
    /// <param name="patchEmbeddingMultiplier">Further factor on the patch embedding's rate; 0.2 in the default recipe.</param>
    public static IReadOnlyList<ParameterGroup> Dinov2(
        IEnumerable<NamedParameter> parameters, int blocks, double layerDecay = 0.9, double patchEmbeddingMultiplier = 0.2)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        return Collect(parameters, p => Dinov2Rule(p.Name, blocks, layerDecay, patchEmbeddingMultiplier));
    }

    internal static Rule Dinov2Rule(string name, int blocks, double layerDecay, double patchEmbeddingMultiplier)
    {
        double rate = Math.Pow(layerDecay, blocks + 1 - LayerOf(name, blocks));
        if (name.Contains("patch_embed", StringComparison.Ordinal))
        {
            rate *= patchEmbeddingMultiplier;
        }

        bool decays = !(name.EndsWith(".bias", StringComparison.Ordinal)
            || name.Contains("norm", StringComparison.Ordinal)
            || name.Contains("gamma", StringComparison.Ordinal));
        return new Rule(rate, decays ? 1 : 0, IsLastLayer(name));
    }

    private static int LayerOf(string name, int blocks)
    {
        const string Prefix = "backbone.";
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return blocks + 1;
        }

        string[] parts = name[Prefix.Length..].Split('.');
        if (parts[0] is "pos_embed" or "patch_embed" or "mask_token" or "cls_token" or "register_tokens")
        {
            return 0;
        }

        // blocks.<i>.x, or blocks.<chunk>.<i>.x where the blocks are chunked: the last number before the layer's name counts.
        if (parts[0] == "blocks")
        {
            string index = parts.Skip(1).TakeWhile(part => part.All(char.IsAsciiDigit)).Last();
            return int.Parse(index, System.Globalization.CultureInfo.InvariantCulture) + 1;
        }

        return blocks + 1;
    }

    private static bool IsLastLayer(string name) => name.Contains(LastLayer, StringComparison.Ordinal);

    private static List<ParameterGroup> Collect(IEnumerable<NamedParameter> parameters, Func<NamedParameter, Rule> rule)
    {
        // Rates that are equal in eight digits have one name; later ones get a number.
        var named = new Dictionary<string, int>(StringComparer.Ordinal);
        string Unique(string name)
        {
            int place = named[name] = named.GetValueOrDefault(name) + 1;
            return place == 1 ? name : $"{name}#{place}";
        }

        return
        [
            .. parameters.Where(p => p.Parameter.requires_grad).GroupBy(rule).Select(group => new ParameterGroup(Unique(NameOf(group.Key)), [.. group])
            {
                LearningRateMultiplier = group.Key.LearningRate,
                WeightDecayMultiplier = group.Key.WeightDecay,
                IsLastLayer = group.Key.IsLastLayer,
            }),
        ];
    }

    private static string NameOf(Rule rule)
    {
        string name = (rule.IsLastLayer ? "last_layer_" : "") + (rule.WeightDecay == 0 ? "no_decay" : "decay");
        return rule.LearningRate == 1 ? name : FormattableString.Invariant($"{name}_lr{rule.LearningRate:0.########}");
    }

    internal readonly record struct Rule(double LearningRate, double WeightDecay, bool IsLastLayer);
}
