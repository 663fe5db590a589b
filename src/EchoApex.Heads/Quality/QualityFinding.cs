namespace EchoApex.Heads.Quality;

/// <summary>Something about the quality of a clip.</summary>
/// <param name="Code">One of <see cref="QualityCodes"/>, for machines.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Sentence">The same for people, with what was found.</param>
/// <param name="Value">The number behind it; null where there is none.</param>
/// <param name="Limit">The limit that it passed; null where there is none.</param>
public sealed record QualityFinding(string Code, QualitySeverity Severity, string Sentence, double? Value = null, double? Limit = null);
