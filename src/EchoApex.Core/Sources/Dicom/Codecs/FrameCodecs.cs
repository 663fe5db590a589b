namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>Which codec decodes which transfer syntax.</summary>
internal static class FrameCodecs
{
    private static readonly Dictionary<string, Func<IFrameCodec>> ByUid = new()
    {
        ["1.2.840.10008.1.2"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.1"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.1.99"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.2"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.5"] = () => new RleCodec(),
        ["1.2.840.10008.1.2.4.50"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.51"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.57"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.70"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.90"] = () => new Jpeg2000Codec(),
        ["1.2.840.10008.1.2.4.91"] = () => new Jpeg2000Codec(),
    };

    /// <summary>The codec of a transfer syntax; null when there is none yet.</summary>
    public static IFrameCodec? Find(TransferSyntax syntax) =>
        ByUid.TryGetValue(syntax.Uid, out var create) ? create() : null;
}
