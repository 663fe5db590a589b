using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Prediction;

/// <summary>What came of one clip of many.</summary>
/// <param name="Clip">The clip.</param>
/// <param name="Prediction">The result; null where the clip cannot be read.</param>
/// <param name="Error">What is wrong with the clip; null where there is a result.</param>
public sealed record PredictionOutcome(EchoClip Clip, EchoPrediction? Prediction, DataException? Error);
