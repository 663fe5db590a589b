using EchoApex.Core.Evaluation;

namespace EchoApex.Heads.Evaluation;

/// <summary>What one encoder makes of a list of clips.</summary>
/// <param name="Name">The encoder.</param>
/// <param name="Cls">One vector a frame.</param>
/// <param name="ClsMean">The frame's vector followed by the mean of its patch tokens; null when not asked for, or meaningless.</param>
/// <param name="Patches">Patch features of the frames that have masks; null when not asked for.</param>
public sealed record EncoderFeatures(string Name, FeatureTable Cls, FeatureTable? ClsMean, PatchFeatures? Patches);
