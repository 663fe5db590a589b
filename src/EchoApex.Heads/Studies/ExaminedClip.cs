using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Studies;

/// <summary>A clip at hand with what is known of it.</summary>
/// <param name="Clip">The clip; null where it could not be read.</param>
/// <param name="Facts">What is known.</param>
internal sealed record ExaminedClip(EchoClip? Clip, StudyClip Facts)
{
    public int Number => Facts.Number;
}
