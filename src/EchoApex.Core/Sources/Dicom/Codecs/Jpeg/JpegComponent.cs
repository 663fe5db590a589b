namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>A component of a JPEG frame (ITU-T T.81 B.2.2).</summary>
/// <param name="Index">Its place in the frame.</param>
/// <param name="Id">The number by which scans name it.</param>
/// <param name="Horizontal">Horizontal sampling factor, 1 to 4.</param>
/// <param name="Vertical">Vertical sampling factor, 1 to 4.</param>
/// <param name="Quantization">Which quantization table.</param>
internal readonly record struct JpegComponent(int Index, byte Id, int Horizontal, int Vertical, int Quantization);
