namespace EchoApex.Heads.ViewClassification;

/// <summary>A standard view.</summary>
/// <param name="Code">Short name, the label: "A4C".</param>
/// <param name="Name">The name of the American Society of Echocardiography's guideline.</param>
/// <param name="Synonyms">What data sets and scanners call it, compared without case, spaces, dashes and underscores.</param>
public sealed record EchoView(string Code, string Name, IReadOnlyList<string> Synonyms);
