namespace EchoApex.Heads.Measurement;

/// <summary>A heart beat within a clip: end diastole, the end systole after it, and the next end diastole.</summary>
/// <param name="EndDiastole">Frame of end diastole; null where the clip begins after it.</param>
/// <param name="EndSystole">Frame of end systole; null where the clip ends before it.</param>
/// <param name="NextEndDiastole">Frame of the next end diastole; null where the clip ends before it.</param>
public sealed record Beat(int? EndDiastole, int? EndSystole, int? NextEndDiastole)
{
    /// <summary>Whether end diastole and end systole are both seen, so that the beat can be measured.</summary>
    public bool IsMeasurable => EndDiastole is not null && EndSystole is not null;

    /// <summary>Whether the whole beat is seen, from end diastole to end diastole.</summary>
    public bool IsComplete => IsMeasurable && NextEndDiastole is not null;
}
