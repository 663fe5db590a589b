using EchoApex.Core.Runtime;

namespace EchoApex.Core.Layers;

/// <summary>A layer that multiplies in the precision it is told.</summary>
internal interface IPrecisionLayer
{
    /// <summary>The format of the layer's products; with <see cref="Precision.Bf16"/> its result is bfloat16.</summary>
    Precision Precision { get; set; }
}
