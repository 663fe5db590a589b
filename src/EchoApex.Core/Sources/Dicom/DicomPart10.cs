namespace EchoApex.Core.Sources.Dicom;

/// <summary>The head of a DICOM file (PS3.10 section 7).</summary>
internal static class DicomPart10
{
    public const string ExplicitLittleEndian = "1.2.840.10008.1.2.1";

    /// <summary>Writes preamble, prefix and file meta information.</summary>
    public static void WriteHead(Stream stream, string sopClass, string sopInstance, string transferSyntax)
    {
        stream.Write(new byte[128]);
        stream.Write("DICM"u8);
        using var content = new MemoryStream();
        var writer = new DicomElementWriter(content);
        writer.Bytes(0x00020001, [0, 1]);
        writer.Text(0x00020002, "UI", sopClass);
        writer.Text(0x00020003, "UI", sopInstance);
        writer.Text(0x00020010, "UI", transferSyntax);
        writer.Text(0x00020012, "UI", DicomUid.ImplementationClass);
        writer.Text(0x00020013, "SH", "ECHOAPEX");
        new DicomElementWriter(stream).UInt32(0x00020000, (uint)content.Length);
        content.WriteTo(stream);
    }
}
