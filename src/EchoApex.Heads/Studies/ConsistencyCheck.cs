namespace EchoApex.Heads.Studies;

/// <summary>A comparison of values that should agree.</summary>
/// <param name="Code">Its name for machines, such as "ef_methods".</param>
/// <param name="Outcome">What it says.</param>
/// <param name="Sentence">The same for people, with the values.</param>
public sealed record ConsistencyCheck(string Code, CheckOutcome Outcome, string Sentence);
