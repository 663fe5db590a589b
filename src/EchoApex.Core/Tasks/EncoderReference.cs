namespace EchoApex.Core.Tasks;

/// <summary>The encoder that a fine-tuned model needs.</summary>
/// <param name="Folder">Its model folder: relative to the fine-tuned model's where it lies inside, else as it was given.</param>
/// <param name="Sha256">SHA-256 of its weights file, by which it is known wherever it lies.</param>
public sealed record EncoderReference(string Folder, string Sha256);
