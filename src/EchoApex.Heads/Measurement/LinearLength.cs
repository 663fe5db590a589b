namespace EchoApex.Heads.Measurement;

/// <summary>A length between two points of a frame.</summary>
/// <param name="Name">Its name: "ivs", "lvid", "lvpw".</param>
/// <param name="Pixels">Length in pixels of the original frame; null where a point is absent. Pixels count alike in both directions here.</param>
/// <param name="Mm">Length in mm; null where it is refused.</param>
/// <param name="Refusal">Why there is no length in mm; null where there is one.</param>
public sealed record LinearLength(string Name, double? Pixels, double? Mm, MeasurementRefusal? Refusal);
