using EchoApex.Core.Sources.Dicom.Codecs.JpegLs;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>Which codec decodes which transfer syntax.</summary>
internal static class FrameCodecs
{
    private static readonly Dictionary<string, Func<IFrameCodec>> ByUid = new()
    {
        ["1.2.840.10008.1.2"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.1"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.1.98"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.1.99"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.2"] = () => new NativeCodec(),
        ["1.2.840.10008.1.2.5"] = () => new RleCodec(),
        ["1.2.840.10008.1.2.4.50"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.51"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.53"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.55"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.57"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.70"] = () => new JpegCodec(),
        ["1.2.840.10008.1.2.4.80"] = () => new JpegLsCodec(),
        ["1.2.840.10008.1.2.4.81"] = () => new JpegLsCodec(),
        ["1.2.840.10008.1.2.4.90"] = () => new Jpeg2000Codec(),
        ["1.2.840.10008.1.2.4.91"] = () => new Jpeg2000Codec(),
        ["1.2.840.10008.1.2.4.201"] = () => new Jpeg2000Codec(),
        ["1.2.840.10008.1.2.4.202"] = () => new Jpeg2000Codec(),
        ["1.2.840.10008.1.2.4.203"] = () => new Jpeg2000Codec(),
        ["1.2.840.10008.1.2.8.1"] = () => new DeflatedFrameCodec(),
    };

    /// <summary>Whether every fragment of a transfer syntax is a frame (PS3.5 annexes A.4.2 and G).</summary>
    public static bool HasAFragmentAFrame(TransferSyntax syntax) =>
        syntax.Uid is "1.2.840.10008.1.2.5" or "1.2.840.10008.1.2.1.98" or "1.2.840.10008.1.2.8.1";

    /// <summary>The codec of a transfer syntax; null when there is none.</summary>
    public static IFrameCodec? Find(TransferSyntax syntax) =>
        ByUid.TryGetValue(syntax.Uid, out var create) ? create() : null;
}
