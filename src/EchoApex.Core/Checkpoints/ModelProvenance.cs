namespace EchoApex.Core.Checkpoints;

/// <summary>The foreign file that a model's weights were taken from.</summary>
/// <param name="Family">The family of the file: "dinov2", "dino", "timm" or "torchvision".</param>
/// <param name="SourceFile">Its name, without the folder.</param>
/// <param name="SourceSha256">Its SHA-256, lower-case hexadecimal.</param>
public sealed record ModelProvenance(string Family, string SourceFile, string SourceSha256);
