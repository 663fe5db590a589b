using System.ComponentModel.DataAnnotations;
using EchoApex.Heads.Layers;

namespace EchoApex.Heads.Specialists;

/// <summary>The rule for channels of networks with small convolutions: see <see cref="ChannelPadding"/>.</summary>
internal static class SpecialistWidths
{
    /// <summary>Each a multiple of 16, at most 2048.</summary>
    public static IEnumerable<ValidationResult> Validate(IReadOnlyList<int> widths, string name)
    {
        foreach (int width in widths.Where(width => width < ChannelPadding.Channels || width > 2048 || width % ChannelPadding.Channels != 0))
        {
            yield return new ValidationResult($"{width} is not a multiple of 16 between 16 and 2048.", [name]);
        }
    }
}
