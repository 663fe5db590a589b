namespace EchoApex.Training.FineTuning;

/// <summary>Where a fine-tuning run stands, beside its tensors: state.json of its checkpoint.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Settled">Whether the step's evaluation, if it has one, is done.</param>
/// <param name="SamplerPosition">Samples drawn.</param>
/// <param name="Samples">Training samples; another number means other data.</param>
/// <param name="Base">SHA-256 of what of the encoder stays frozen; empty when all of it learns.</param>
/// <param name="LossSum">Sum of the losses since the last line of metrics.</param>
/// <param name="LossCount">Their number.</param>
/// <param name="BestSelection">The best evaluation; null before the first.</param>
/// <param name="BestStep">Its step.</param>
/// <param name="SinceBest">Evaluations since then.</param>
/// <param name="Unreadable">Draws that were replaced.</param>
/// <param name="Updates">Updates of the running mean.</param>
/// <param name="Randoms">States of dropout and stochastic depth, base64.</param>
internal sealed record FineTuningState(
    int Step,
    bool Settled,
    long SamplerPosition,
    int Samples,
    string Base,
    double LossSum,
    int LossCount,
    double? BestSelection,
    int BestStep,
    int SinceBest,
    long Unreadable,
    long Updates,
    IReadOnlyList<string> Randoms);
