using System.ComponentModel.DataAnnotations;
using EchoApex.Training.Dinov2;

namespace EchoApex.Training.Loop;

/// <summary>The patch loss of stage dinov2; stage dino leaves it aside. The defaults are DINOv2's.</summary>
public sealed record IbotOptions
{
    /// <summary>Weight of the patch loss; 0 turns it off. The student's global crops are masked all the same, see <see cref="Masks"/>.</summary>
    [Range(0.0, 100)]
    public double Weight { get; init; } = 1;

    /// <summary>Which patches the student does not see; <c>masked_share: 0</c> hides none.</summary>
    public BlockMaskOptions Masks { get; init; } = new();

    /// <summary>Whether patch tokens have a projection head of their own; false: they share that of the cls tokens.</summary>
    public bool SeparateHead { get; init; }

    /// <summary>That head, when it is separate.</summary>
    public HeadOptions Head { get; init; } = new() { FreezeLastLayerNorm = false };
}
