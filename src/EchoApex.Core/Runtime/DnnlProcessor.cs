using System.Runtime.Intrinsics.X86;

namespace EchoApex.Core.Runtime;

/// <summary>What the processor lets oneDNN do.</summary>
internal static class DnnlProcessor
{
    /// <summary>
    /// Whether libtorch hands bfloat16 products to oneDNN. Without these instructions it refuses, and where it is called past TorchSharp
    /// its refusal ends the process. The few processors that have AVX-NE-CONVERT alone count as having none.
    /// </summary>
    public static bool HasNarrowProducts { get; } = Avx512BW.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.IsSupported;
}
