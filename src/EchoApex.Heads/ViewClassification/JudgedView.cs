namespace EchoApex.Heads.ViewClassification;

/// <summary>A clip, its true view and the answer.</summary>
/// <param name="Clip">Name of the clip.</param>
/// <param name="Patient">Its patient.</param>
/// <param name="Truth">The true label.</param>
/// <param name="Answer">The answer.</param>
public sealed record JudgedView(string Clip, string Patient, string Truth, ViewPrediction Answer);
