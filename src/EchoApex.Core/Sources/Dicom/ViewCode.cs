namespace EchoApex.Core.Sources.Dicom;

/// <summary>A coded view of PS3.16 context group 12226, Echocardiography Image View.</summary>
/// <param name="Value">Code value.</param>
/// <param name="Scheme">Coding scheme designator.</param>
/// <param name="Meaning">Code meaning.</param>
internal sealed record ViewCode(string Value, string Scheme, string Meaning)
{
    private const string PrivateScheme = "99ECHOAPEX";

    /// <summary>The code of a view label: a usual abbreviation or a code meaning; a private code where the group has none.</summary>
    public static ViewCode Find(string view)
    {
        string label = view.Trim();
        return label.ToUpperInvariant() switch
        {
            "A4C" or "APICAL FOUR CHAMBER" => new("399214001", "SCT", "Apical four chamber"),
            "A2C" or "APICAL TWO CHAMBER" => new("399232001", "SCT", "Apical two chamber"),
            "A3C" or "APLAX" or "APICAL LONG AXIS" => new("399339008", "SCT", "Apical long axis"),
            "A5C" or "APICAL FIVE CHAMBER" => new("A5C", PrivateScheme, "Apical five chamber"),
            "PLAX" or "PARASTERNAL LONG AXIS" => new("399139001", "SCT", "Parasternal long axis"),
            "PSAX" or "PARASTERNAL SHORT AXIS" => new("399306005", "SCT", "Parasternal short axis"),
            "PSAX-MID" or "PSAX-PM" or "PARASTERNAL SHORT AXIS AT THE PAPILLARY MUSCLE LEVEL" =>
                new("399271003", "SCT", "Parasternal short axis at the Papillary Muscle level"),
            "PSAX-MV" or "PARASTERNAL SHORT AXIS AT THE MITRAL VALVE LEVEL" =>
                new("399036006", "SCT", "Parasternal short axis at the Mitral Valve level"),
            "PSAX-AV" or "PARASTERNAL SHORT AXIS AT THE AORTIC VALVE LEVEL" =>
                new("399239005", "SCT", "Parasternal short axis at the aortic valve level"),
            "SC4C" or "SUBCOSTAL FOUR CHAMBER" or "SUBCOSTAL LONG AXIS" => new("399310008", "SCT", "Subcostal long axis"),
            _ => new("OTHER", PrivateScheme, label.Length <= 64 ? label : label[..64]),
        };
    }
}
