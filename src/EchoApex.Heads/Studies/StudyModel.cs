namespace EchoApex.Heads.Studies;

/// <summary>A model that a study was read with: its card.</summary>
/// <param name="Task">The task.</param>
/// <param name="Name">Its name.</param>
/// <param name="EncoderSha256">SHA-256 of the encoder's weights.</param>
/// <param name="InputSize">Side of its input in pixels.</param>
/// <param name="Outputs">What it gives.</param>
/// <param name="Training">How it was trained and what it reached.</param>
/// <param name="Created">When it was made.</param>
public sealed record StudyModel(string Task, string Name, string EncoderSha256, int InputSize, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, string> Training, DateTimeOffset Created);
