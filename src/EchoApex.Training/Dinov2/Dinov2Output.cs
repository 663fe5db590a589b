// Shape legend: B = samples, L = local crops, M = masked patches, D = feature dimension, K = prototypes.
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>What student or teacher says of a step's crops; the tensors belong to the step's dispose scope.</summary>
/// <param name="Cls">The backbone's cls vectors of the global crops [2B, D], in the order of the crops.</param>
/// <param name="GlobalLogits">Their prototype scores [2B, K]; the teacher's two halves are swapped.</param>
/// <param name="LocalLogits">The student's scores of the local crops [L * B, K]; null without.</param>
/// <param name="PatchLogits">Scores of the masked patches [M, K]; null without patch loss.</param>
internal sealed record Dinov2Output(Tensor Cls, Tensor GlobalLogits, Tensor? LocalLogits, Tensor? PatchLogits);
