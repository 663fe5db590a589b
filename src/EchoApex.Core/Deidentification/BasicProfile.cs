using System.Globalization;

namespace EchoApex.Core.Deidentification;

/// <summary>
/// Actions on DICOM data elements after the Basic Application Level Confidentiality Profile (PS3.15 annex E), with the options
/// that EchoApex takes: clean pixel data; longitudinal information with modified dates; device and patient characteristics on
/// request. What is not listed is removed, so that an element nobody thought of does not slip through.
/// </summary>
internal static class BasicProfile
{
    // Elements by action, group and element in hexadecimal. "K" is what a clip needs and what names nobody.
    private static readonly (TagAction Action, string Tags)[] Table =
    [
        // Charset, image type, class, modality, timing, regions, pixel description, view.
        (TagAction.Keep, """
            00020000 00020001 00020002 00020010 00020012 00020013 00080005 00080008 00080016 00080060 00082144 00082124 00082129 0008212A
            00180040 00181063 00181065 00181066 00181088 00181242 00181243 00181244 00186011 00200011 00200013 00200020
            00280002 00280004 00280006 00280008 00280009 00280010 00280011 00280030 00280034 00280100 00280101 00280102 00280103
            00280301 00281050 00281051 00281052 00281053 00281101 00281102 00281103 00281201 00281202 00281203
            00282110 00282112 00282114 00540220 7FE00001 7FE00002 7FE00010
            """),
        (TagAction.Pseudonym, "00100010 00100020"),
        (TagAction.Uid, """
            00020003 00080014 00080018 00080058 0008010D 00081155 00081195 00083010 00089123 00181002 0020000D 0020000E 00200052
            00200200 00209161 00209164 00281199 00281214 0040A124 0040DB0C 0040DB0D 0070031A 00880140 30060024 300600C2
            """),
        (TagAction.ShiftDate, "00080020 00080023"),
        (TagAction.Empty, """
            00080030 00080033 00080050 00080090 00100030 00200010 00402016 00402017 0040A088 00700084
            """),
        (TagAction.Coarsen, "00101010"),
        (TagAction.Remove, """
            00080012 00080013 00080015 00080021 00080022 00080024 00080025 0008002A 00080031 00080032 00080034 00080035 00080080 00080081
            00080082 00080092 00080094 00080096 00080201 00081010 00081030 0008103E 00081040 00081048 00081049 00081050 00081052 00081060
            00081062 00081070 00081072 00081080 00081084 00081110 00081111 00081120 00081140 00082111 00082112 00084000
            00180010 00181000 00181005 00181007 00181008 00181030 00181400 00184000 0018700A 00189424 0018A003
            00203401 00203404 00203406 00204000 00209158 00284000 00400555 00402001 0040A027 0040A073 0040A075 0040A078 0040A07A
            0040A07C 0040A123 0040A730 00700001 00700086 00880200 00880904 00880906 00880910 00880912 FFFAFFFA FFFCFFFC
            """),
    ];

    private static readonly Dictionary<uint, TagAction> Actions = Table
        .SelectMany(row => row.Tags.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(tag => (Tag: uint.Parse(tag, NumberStyles.HexNumber, CultureInfo.InvariantCulture), row.Action)))
        .ToDictionary(entry => entry.Tag, entry => entry.Action);

    /// <summary>Whether a group is private: its number is odd.</summary>
    public static bool IsPrivate(uint tag) => (tag >> 16 & 1) != 0;

    /// <summary>What is done with an element.</summary>
    /// <param name="tag">Group &lt;&lt; 16 | element.</param>
    /// <param name="options">What is retained on request.</param>
    public static TagAction ActionOf(uint tag, DeidentifyOptions options) => tag switch
    {
        0x0008_0070 or 0x0008_1090 => options.KeepScanner ? TagAction.Keep : TagAction.Remove,
        0x0010_0040 => options.KeepSex ? TagAction.Keep : TagAction.Empty,
        0x0010_1010 => options.KeepAge ? TagAction.Coarsen : TagAction.Remove,
        _ => IsPrivate(tag) ? TagAction.Remove : Actions.GetValueOrDefault(tag, TagAction.Remove),
    };
}
