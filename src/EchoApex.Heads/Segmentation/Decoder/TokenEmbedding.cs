// Shape legend: K = rows of the table, C = embedding dimension.
using EchoApex.Core.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>A learned table, key "weight" [K, C]; PyTorch's nn.Embedding, of which the decoder uses the rows themselves.</summary>
internal sealed class TokenEmbedding : nn.Module
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    public TokenEmbedding(long count, long embedDim)
        : base(nameof(TokenEmbedding))
    {
        _weight = Weights.Uninitialized(count, embedDim);
        RegisterComponents();
    }

    /// <summary>The table, [K, C]; it belongs to the module.</summary>
    public Tensor Table => _weight;
}
