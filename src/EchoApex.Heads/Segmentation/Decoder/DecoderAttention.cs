// Shape legend: B = prompts, Q, K = tokens that ask and that answer, C = embedding dimension, A = heads, d = inner dimension / A.
using EchoApex.Core.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>Attention with projections of their own for queries, keys and values, optionally into fewer dimensions; keys q_proj, k_proj, v_proj, out_proj.</summary>
internal sealed class DecoderAttention : nn.Module
{
    private readonly int _heads;

    [ComponentName(Name = "q_proj")]
    private readonly Linear _query;

    [ComponentName(Name = "k_proj")]
    private readonly Linear _key;

    [ComponentName(Name = "v_proj")]
    private readonly Linear _value;

    [ComponentName(Name = "out_proj")]
    private readonly Linear _output;

    public DecoderAttention(int embedDim, int heads, int downsampleRate = 1)
        : base(nameof(DecoderAttention))
    {
        _heads = heads;
        int inner = embedDim / downsampleRate;
        _query = new Linear(embedDim, inner);
        _key = new Linear(embedDim, inner);
        _value = new Linear(embedDim, inner);
        _output = new Linear(inner, embedDim);
        RegisterComponents();
    }

    /// <summary>[B, Q, C] asks [B, K, C]; returns [B, Q, C].</summary>
    public Tensor Attend(Tensor query_BQC, Tensor key_BKC, Tensor value_BKC)
    {
        using var scope = NewDisposeScope();
        var query = Split(_query.forward(query_BQC));
        var key = Split(_key.forward(key_BKC));
        var value = Split(_value.forward(value_BKC));
        var mixed_BAQd = nn.functional.scaled_dot_product_attention(query, key, value, is_casual: false);
        var mixed = mixed_BAQd.transpose(1, 2).reshape(query_BQC.shape[0], query_BQC.shape[1], -1);
        return _output.forward(mixed).MoveToOuterDisposeScope();
    }

    private Tensor Split(Tensor tokens) => tokens.reshape(tokens.shape[0], tokens.shape[1], _heads, -1).transpose(1, 2);
}
