namespace EchoApex.Heads.Studies;

/// <summary>A frame that a value was measured in.</summary>
/// <param name="Clip">Number of the clip.</param>
/// <param name="Frame">The frame, from 0.</param>
/// <param name="Phase">"end_diastole", "end_systole", or "clip" for a value of a whole clip.</param>
public sealed record FrameSource(int Clip, int Frame, string Phase)
{
    /// <summary>End diastole.</summary>
    public const string EndDiastole = "end_diastole";

    /// <summary>End systole.</summary>
    public const string EndSystole = "end_systole";

    /// <summary>A whole clip.</summary>
    public const string WholeClip = "clip";
}
