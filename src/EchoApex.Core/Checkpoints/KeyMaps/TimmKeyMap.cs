using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>
/// Weights of timm's vit_* and resnet50 models. timm's register weights (vit_*_reg4_dinov2) keep no position for the cls token
/// and call the registers reg_token. Source: huggingface/pytorch-image-models, timm/models/vision_transformer.py.
/// </summary>
public sealed class TimmKeyMap : KeyMap
{
    /// <inheritdoc/>
    public override string Name => "timm";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Heads { get; } = ["head.", "head_dist.", "fc_norm.", "fc.", "pre_logits."];

    /// <inheritdoc/>
    protected override string Rename(string key) => key == "reg_token" ? "register_tokens" : key;

    /// <inheritdoc/>
    protected override void Complete(Dictionary<string, MappedTensor> mapped, string file)
    {
        if (!mapped.TryGetValue("pos_embed", out var table) || table.Shape is not [1, long rows, long dimension] || !mapped.ContainsKey("cls_token"))
        {
            return;
        }

        long registers = mapped.TryGetValue("register_tokens", out var tokens) && tokens.Shape.Count == 3 ? tokens.Shape[1] : 0;
        if (IsSquare(rows) && rows > 1)
        {
            mapped["pos_embed"] = table with { Shape = [1, rows + 1, dimension], Transform = TensorTransform.PrependPositionSlot };
        }
        else if (registers > 0 && IsSquare(rows - 1 - registers))
        {
            throw new CheckpointException(file, $"has a position table {TensorEntry.Describe(table.Shape)} with slots for the {registers} registers, which DINOv2's network has not.");
        }
    }

    private static bool IsSquare(long number)
    {
        long root = (long)Math.Round(Math.Sqrt(Math.Max(number, 0)));
        return root * root == number;
    }
}
