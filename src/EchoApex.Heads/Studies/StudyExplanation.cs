using EchoApex.Heads.Interpretability;

namespace EchoApex.Heads.Studies;

/// <summary>What an encoder looks at in a frame of a study.</summary>
/// <param name="Clip">Number of the clip.</param>
/// <param name="View">Its view.</param>
/// <param name="Explanation">The maps.</param>
public sealed record StudyExplanation(int Clip, string View, FrameExplanation Explanation);
