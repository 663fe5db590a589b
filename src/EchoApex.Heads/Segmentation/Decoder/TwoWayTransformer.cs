// Shape legend: B = prompts, T = tokens, N = patches, C = embedding dimension.
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using LayerNorm = EchoApex.Core.Layers.LayerNorm;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// Tokens and image ask each other, layer by layer, and at last the tokens the image once more; number- and key-compatible
/// with TwoWayTransformer of Segment Anything (segment_anything/modeling/transformer.py).
/// </summary>
internal sealed class TwoWayTransformer : nn.Module
{
    [ComponentName(Name = "layers")]
    private readonly ModuleList<TwoWayBlock> _blocks;

    [ComponentName(Name = "final_attn_token_to_image")]
    private readonly DecoderAttention _final;

    [ComponentName(Name = "norm_final_attn")]
    private readonly LayerNorm _finalNorm;

    public TwoWayTransformer(MaskDecoderConfig config)
        : base(nameof(TwoWayTransformer))
    {
        _blocks = new ModuleList<TwoWayBlock>([.. Enumerable.Range(0, config.Depth).Select(i => new TwoWayBlock(config, first: i == 0))]);
        _final = new DecoderAttention(config.EmbedDim, config.Heads, config.AttentionDownsampleRate);
        _finalNorm = TwoWayBlock.Norm(config.EmbedDim);
        RegisterComponents();
    }

    /// <summary>Runs all layers.</summary>
    /// <param name="image_BNC">Patches.</param>
    /// <param name="imagePositions_1NC">The encoding of the grid.</param>
    /// <param name="tokens_BTC">Tokens; they are their own positions in every layer.</param>
    public (Tensor Tokens, Tensor Image) Run(Tensor image_BNC, Tensor imagePositions_1NC, Tensor tokens_BTC)
    {
        using var scope = NewDisposeScope();
        var (tokens, image) = (tokens_BTC, image_BNC);
        foreach (var block in _blocks)
        {
            (tokens, image) = block.Run(tokens, image, tokens_BTC, imagePositions_1NC);
        }

        var attended = _final.Attend(tokens.Plus(tokens_BTC), image.Plus(imagePositions_1NC), image);
        tokens = _finalNorm.forward(tokens.Plus(attended));
        return (tokens.MoveToOuterDisposeScope(), image.MoveToOuterDisposeScope());
    }
}
