namespace EchoApex.Heads.Studies;

/// <summary>A clip that was not chosen.</summary>
/// <param name="Clip">Its number.</param>
/// <param name="Reason">Why.</param>
public sealed record RejectedClip(int Clip, string Reason);
