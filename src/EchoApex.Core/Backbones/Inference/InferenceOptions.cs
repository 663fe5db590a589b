using EchoApex.Core.Runtime;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>How an encoder is prepared for inference.</summary>
public sealed record InferenceOptions
{
    /// <summary>
    /// The format of products, maps and tokens. With <see cref="Precision.Bf16"/> features differ from float32's in the second or third
    /// digit; it is faster where bfloat16 products are (AMX, AMD since Zen 4; not on Intel without AMX), and replaced by float32, which the report
    /// says, where <see cref="InferenceModel.Supports"/> denies it.
    /// </summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>
    /// Whether the process keeps memory that was freed instead of giving it back to the system, which spares page faults at each
    /// call (<see cref="NativeAllocator.KeepFreedMemory"/>): resident memory then stays at its peak.
    /// </summary>
    public bool KeepFreedMemory { get; init; } = true;

    /// <summary>
    /// Whether one empty image goes through the prepared encoder before it is handed over, so that the first answer takes no longer
    /// than later ones: kernels are made and code is compiled at the first pass. It costs about one pass.
    /// </summary>
    public bool WarmUp { get; init; } = true;
}
