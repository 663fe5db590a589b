namespace EchoApex.Heads.Evaluation;

/// <summary>How well a linear layer on patch features draws the structures of the test clips.</summary>
/// <param name="MeanIou">Mean intersection over union of the structures that occur, background left out, 0 to 1, with its interval by clip or patient.</param>
/// <param name="MeanIouWithBackground">The same with the background as one more structure.</param>
/// <param name="Structures">Names of the labels, background first.</param>
/// <param name="Iou">Intersection over union of each; NaN for one that is neither in the truth nor drawn.</param>
/// <param name="L2">The penalty that was chosen.</param>
public sealed record PatchScore(BootstrapInterval MeanIou, double MeanIouWithBackground, IReadOnlyList<string> Structures, IReadOnlyList<double> Iou, double L2);
