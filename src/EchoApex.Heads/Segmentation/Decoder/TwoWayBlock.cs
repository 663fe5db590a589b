// Shape legend: B = prompts, T = tokens, N = patches, C = embedding dimension.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>
/// One round between tokens and image: tokens attend to themselves, to the image, pass an MLP, and the image attends to them;
/// LayerNorm (eps 1e-5) after each. The first block's self-attention has neither positions nor a residual.
/// </summary>
internal sealed class TwoWayBlock : nn.Module
{
    private readonly bool _first;

    [ComponentName(Name = "self_attn")]
    private readonly DecoderAttention _self;

    [ComponentName(Name = "norm1")]
    private readonly LayerNorm _selfNorm;

    [ComponentName(Name = "cross_attn_token_to_image")]
    private readonly DecoderAttention _toImage;

    [ComponentName(Name = "norm2")]
    private readonly LayerNorm _toImageNorm;

    [ComponentName(Name = "mlp")]
    private readonly TwoWayMlp _mlp;

    [ComponentName(Name = "norm3")]
    private readonly LayerNorm _mlpNorm;

    [ComponentName(Name = "norm4")]
    private readonly LayerNorm _toTokensNorm;

    [ComponentName(Name = "cross_attn_image_to_token")]
    private readonly DecoderAttention _toTokens;

    public TwoWayBlock(MaskDecoderConfig config, bool first)
        : base(nameof(TwoWayBlock))
    {
        _first = first;
        _self = new DecoderAttention(config.EmbedDim, config.Heads);
        _selfNorm = Norm(config.EmbedDim);
        _toImage = new DecoderAttention(config.EmbedDim, config.Heads, config.AttentionDownsampleRate);
        _toImageNorm = Norm(config.EmbedDim);
        _mlp = new TwoWayMlp(config.EmbedDim, config.MlpDim);
        _mlpNorm = Norm(config.EmbedDim);
        _toTokensNorm = Norm(config.EmbedDim);
        _toTokens = new DecoderAttention(config.EmbedDim, config.Heads, config.AttentionDownsampleRate);
        RegisterComponents();
    }

    /// <summary>PyTorch's LayerNorm, whose epsilon is 1e-5.</summary>
    public static LayerNorm Norm(int features) => new(features, 1e-5);

    /// <summary>One round.</summary>
    /// <param name="tokens_BTC">Tokens.</param>
    /// <param name="image_BNC">Patches.</param>
    /// <param name="tokenPositions_BTC">The tokens as they entered the transformer.</param>
    /// <param name="imagePositions_1NC">The encoding of the grid.</param>
    public (Tensor Tokens, Tensor Image) Run(Tensor tokens_BTC, Tensor image_BNC, Tensor tokenPositions_BTC, Tensor imagePositions_1NC)
    {
        using var scope = NewDisposeScope();
        var tokens = _first ? _self.Attend(tokens_BTC, tokens_BTC, tokens_BTC) : SelfAttend(tokens_BTC, tokenPositions_BTC);
        tokens = _selfNorm.forward(tokens);

        var placedImage = image_BNC.Plus(imagePositions_1NC);
        tokens = _toImageNorm.forward(tokens.Plus(_toImage.Attend(tokens.Plus(tokenPositions_BTC), placedImage, image_BNC)));
        tokens = _mlpNorm.forward(tokens.Plus(_mlp.forward(tokens)));
        var image = _toTokensNorm.forward(image_BNC.Plus(_toTokens.Attend(placedImage, tokens.Plus(tokenPositions_BTC), tokens)));
        return (tokens.MoveToOuterDisposeScope(), image.MoveToOuterDisposeScope());
    }

    private Tensor SelfAttend(Tensor tokens_BTC, Tensor positions_BTC)
    {
        var placed = tokens_BTC.Plus(positions_BTC);
        return tokens_BTC.Plus(_self.Attend(placed, placed, tokens_BTC));
    }
}
