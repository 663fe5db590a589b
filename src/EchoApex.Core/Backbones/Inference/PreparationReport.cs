namespace EchoApex.Core.Backbones.Inference;

/// <summary>What preparing an encoder came to.</summary>
/// <param name="IsPrepared">Whether the prepared form is used; otherwise the encoder runs as it is, without gradients.</param>
/// <param name="Summary">What was done, or why nothing was, as a sentence.</param>
public sealed record PreparationReport(bool IsPrepared, string Summary);
