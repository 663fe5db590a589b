namespace EchoApex.Heads.Studies;

/// <summary>A quantity over the frames of a clip.</summary>
/// <param name="Clip">Number of the clip.</param>
/// <param name="Quantity">"lv_volume" (mL), "lv_area" (cm2, or pixels without spacing) or "lvid" (mm or pixels).</param>
/// <param name="Unit">"mL", "cm2", "mm" or "pixel".</param>
/// <param name="TimesMs">Time of each point in ms from the clip's first frame.</param>
/// <param name="Values">One value a point; null where the frame could not be measured.</param>
/// <param name="Frames">The frame of each point.</param>
public sealed record StudyCurve(int Clip, string Quantity, string Unit, IReadOnlyList<double> TimesMs, IReadOnlyList<double?> Values, IReadOnlyList<int> Frames);
