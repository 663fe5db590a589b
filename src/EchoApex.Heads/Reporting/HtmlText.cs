using System.Globalization;
using System.Net;
using System.Text;

namespace EchoApex.Heads.Reporting;

/// <summary>
/// Builds HTML from interpolated text: every hole is escaped, unless it is HTML already (<see cref="Raw"/>). So no name, view or message of
/// a file can become markup.
/// </summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _text = new();

    /// <summary>HTML that was built by this class.</summary>
    public readonly record struct Raw(string Html);

    /// <summary>Adds markup; holes are escaped.</summary>
    public HtmlText Add(FormattableString markup)
    {
        _text.AppendLine(Escape(markup));
        return this;
    }

    /// <summary>Adds the same markup for each item.</summary>
    public HtmlText Each<T>(IEnumerable<T> items, Func<T, FormattableString> markup)
    {
        foreach (var item in items)
        {
            Add(markup(item));
        }

        return this;
    }

    public Raw ToRaw() => new(_text.ToString());

    /// <summary>One piece of markup.</summary>
    public static Raw Of(FormattableString markup) => new(Escape(markup));

    /// <summary>A number for attributes and text, in invariant form.</summary>
    public static string Number(double value, string format = "0.##") => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Escape(FormattableString markup)
    {
        object?[] holes = [.. markup.GetArguments().Select(hole => hole switch
        {
            Raw raw => raw.Html,
            null => "",
            IFormattable number => WebUtility.HtmlEncode(number.ToString(null, CultureInfo.InvariantCulture)),
            _ => WebUtility.HtmlEncode(hole.ToString()),
        })];
        return string.Format(CultureInfo.InvariantCulture, markup.Format, holes);
    }
}
