namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>The header of a JPEG scan (ITU-T T.81 B.2.3).</summary>
/// <param name="Components">What it carries.</param>
/// <param name="DcTables">Table number of each component: DC coefficients, or differences of a lossless scan.</param>
/// <param name="AcTables">Table number of each component: AC coefficients.</param>
/// <param name="Start">First coefficient, or the predictor of a lossless scan.</param>
/// <param name="End">Last coefficient.</param>
/// <param name="ApproximationHigh">Upper half of the successive approximation byte.</param>
/// <param name="PointTransform">Lower half: bits that were cut off.</param>
/// <param name="DataStart">Where its entropy-coded data begins.</param>
internal sealed record JpegScan(
    JpegComponent[] Components, int[] DcTables, int[] AcTables, int Start, int End, int ApproximationHigh, int PointTransform, int DataStart);
