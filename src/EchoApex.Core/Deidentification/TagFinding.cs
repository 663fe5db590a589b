namespace EchoApex.Core.Deidentification;

/// <summary>An element that a file holds, and what was done with it; never its value.</summary>
/// <param name="Tag">"(0010,0010)"; "private" for all private elements together.</param>
/// <param name="Action">What was done.</param>
/// <param name="Count">How many there were, sequences included.</param>
public sealed record TagFinding(string Tag, TagAction Action, int Count);
