using EchoApex.Core.Runtime;

namespace EchoApex.Heads.ViewClassification;

/// <summary>
/// The 18 transthoracic views that classify by default, and how other names map to them. The paper names no list; this one is
/// ours: the two-dimensional views of Mitchell et al. 2019 (ASE guideline, table 3), J Am Soc Echocardiogr 32:1.
/// </summary>
public static class EchoViews
{
    /// <summary>The views, in the order of an examination.</summary>
    public static IReadOnlyList<EchoView> Transthoracic { get; } =
    [
        new("PLAX", "parasternal long axis", ["parasternal long", "parasternal long axis", "LAX", "PLA", "LVLA"]),
        new("PLAX_ZOOM", "parasternal long axis, zoomed on valves", ["PLAX zoom", "PLAX valves", "PLAX AV MV"]),
        new("RVIT", "right ventricular inflow", ["RV inflow", "PLAX RV inflow", "RVIF"]),
        new("RVOT", "right ventricular outflow", ["RV outflow", "PLAX RV outflow", "RVOF", "PALA"]),
        new("PSAX_AV", "parasternal short axis at the great vessels", ["PSAX base", "PSAX AoV", "PSAX great vessels", "SAX AV"]),
        new("PSAX_MV", "parasternal short axis at the mitral valve", ["PSAX mitral", "SAX MV"]),
        new("PSAX_PM", "parasternal short axis at the papillary muscles", ["PSAX", "parasternal short", "parasternal short axis", "PSAX mid", "PSAX papillary", "SAX", "LVSA"]),
        new("PSAX_APEX", "parasternal short axis at the apex", ["PSAX apical", "SAX apex"]),
        new("A4C", "apical four-chamber", ["4CH", "AP4", "apical 4 chamber", "apical four chamber", "4 chamber", "A4CH"]),
        new("A4C_RV", "apical four-chamber focused on the right ventricle", ["RV focused", "A4C RV focused"]),
        new("A5C", "apical five-chamber", ["5CH", "AP5", "apical 5 chamber", "apical five chamber"]),
        new("A2C", "apical two-chamber", ["2CH", "AP2", "apical 2 chamber", "apical two chamber", "2 chamber", "A2CH"]),
        new("A3C", "apical long axis", ["3CH", "AP3", "apical 3 chamber", "apical three chamber", "APLAX", "apical long axis"]),
        new("SC4C", "subcostal four-chamber", ["subcostal", "subcostal 4 chamber", "subcostal four chamber", "SUBC4C"]),
        new("SC_SAX", "subcostal short axis", ["subcostal short", "SUBC SAX"]),
        new("SC_IVC", "subcostal inferior vena cava", ["IVC", "subcostal IVC"]),
        new("SC_AO", "subcostal abdominal aorta", ["abdominal aorta", "subcostal aorta"]),
        new("SSN", "suprasternal notch, aortic arch", ["suprasternal", "suprasternal notch", "aortic arch", "SSN arch"]),
    ];

    /// <summary>The codes of <see cref="Transthoracic"/>.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. Transthoracic.Select(view => view.Code)];

    private static readonly Dictionary<string, string> CodeOfName = Map();

    /// <summary>The code of a name that a data set or a scanner uses.</summary>
    /// <returns>The code, or null for a name that is not known.</returns>
    public static string? CodeOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return CodeOfName.GetValueOrDefault(Key(name));
    }

    private static Dictionary<string, string> Map()
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var view in Transthoracic)
        {
            foreach (string name in view.Synonyms.Append(view.Code).Append(view.Name))
            {
                if (!map.TryAdd(Key(name), view.Code) && map[Key(name)] != view.Code)
                {
                    throw new EchoApexException($"The view name '{name}' means both {map[Key(name)]} and {view.Code}.");
                }
            }
        }

        return map;
    }

    private static string Key(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
}
