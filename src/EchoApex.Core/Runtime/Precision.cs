namespace EchoApex.Core.Runtime;

/// <summary>The number format that a network computes in. Its weights are float32 either way.</summary>
public enum Precision
{
    /// <summary>float32 throughout.</summary>
    Fp32,

    /// <summary>
    /// bfloat16 in linear layers, what lies inside an MLP, and convolutions, on GPUs in attention too; float32 in weights, gradients of weights, norms, the
    /// residual stream and everything that a loss sees. Needs hardware with bfloat16 (AVX-512 BF16, AMX, NVIDIA from Ampere on) to be
    /// faster.
    /// </summary>
    Bf16,
}
