namespace EchoApex.Heads.Reporting;

/// <summary>A code of a terminology.</summary>
/// <param name="Value">Code value.</param>
/// <param name="Scheme">Coding scheme designator: LN (LOINC), SCT (SNOMED CT), DCM, UCUM.</param>
/// <param name="Meaning">Code meaning, at most 64 characters.</param>
internal sealed record CodedConcept(string Value, string Scheme, string Meaning);
