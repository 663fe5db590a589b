using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints.KeyMaps;

namespace EchoApex.Core.Checkpoints;

/// <summary>The sizes of an encoder as its weights show them.</summary>
/// <param name="Family">"vit" or "resnet".</param>
/// <param name="EmbedDim">D; 0 for a ResNet.</param>
/// <param name="Depth">Number of blocks.</param>
/// <param name="PatchSize">Side of a patch.</param>
/// <param name="Registers">Register tokens.</param>
/// <param name="Grid">Side of the position table, in patches; 0 where there is none or it is not square.</param>
/// <param name="HasLayerScale">Whether blocks have ls1.gamma.</param>
/// <param name="HasMaskToken">Whether there is a mask token.</param>
internal sealed record BackboneShape(string Family, long EmbedDim, int Depth, long PatchSize, long Registers, long Grid, bool HasLayerScale, bool HasMaskToken)
{
    public long ImageSize => Grid * PatchSize;

    public static BackboneShape Of(IReadOnlyDictionary<string, MappedTensor> tensors)
    {
        if (!tensors.TryGetValue("patch_embed.proj.weight", out var projection) || projection.Shape.Count != 4)
        {
            return new BackboneShape("resnet", 0, 0, 32, 0, 0, false, false);
        }

        int depth = tensors.Keys.Select(BlockNumber).DefaultIfEmpty(-1).Max() + 1;
        long registers = tensors.TryGetValue("register_tokens", out var tokens) && tokens.Shape.Count == 3 ? tokens.Shape[1] : 0;
        long rows = tensors.TryGetValue("pos_embed", out var table) && table.Shape.Count == 3 ? table.Shape[1] - 1 : 0;
        long grid = (long)Math.Round(Math.Sqrt(Math.Max(rows, 0)));
        return new BackboneShape(
            "vit",
            projection.Shape[0],
            depth,
            projection.Shape[3],
            registers,
            grid * grid == rows ? grid : 0,
            tensors.Keys.Any(key => key.EndsWith(".ls1.gamma", StringComparison.Ordinal)),
            tensors.ContainsKey("mask_token"));
    }

    /// <summary>The named encoder that has these sizes, or null.</summary>
    public string? Architecture => Family == "resnet"
        ? "resnet50"
        : BackboneArchitectures.Names.Where(name => name != "resnet50").FirstOrDefault(name => Differences(BackboneArchitectures.Get(name, name.Contains("patch14", StringComparison.Ordinal) ? 518 : 224)).Count == 0);

    /// <summary>What differs from a configuration, in words; the image size is left out.</summary>
    public IReadOnlyList<string> Differences(BackboneConfig config)
    {
        if (Family != config.Family)
        {
            return [$"it is a {(Family == "vit" ? "ViT" : "ResNet")}"];
        }

        List<string> differences = [];
        if (Family == "vit")
        {
            Compare("dimension", EmbedDim, config.EmbedDim);
            Compare("blocks", Depth, config.Depth);
            Compare("patch size", PatchSize, config.PatchSize);
            Compare("registers", Registers, config.Registers);
        }

        return differences;

        void Compare(string what, long found, long expected)
        {
            if (found != expected)
            {
                differences.Add($"{what} {found} instead of {expected}");
            }
        }
    }

    private static int BlockNumber(string key)
    {
        string[] parts = key.Split('.', 3);
        return parts is ["blocks", var number, _] && int.TryParse(number, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int block) && block < int.MaxValue
            ? block
            : -1;
    }
}
