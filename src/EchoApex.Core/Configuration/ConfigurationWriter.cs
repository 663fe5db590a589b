using System.Collections;
using System.Globalization;
using System.Text;

namespace EchoApex.Core.Configuration;

/// <summary>Writes options as YAML that reads back to equal options, or as a flat list of dotted keys.</summary>
public static class ConfigurationWriter
{
    /// <summary>All options as YAML, defaults included, in order of declaration.</summary>
    public static string ToYaml(object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var text = new StringBuilder();
        Write(text, options, indent: 0);
        return text.ToString();
    }

    /// <summary>Dotted key and value of every option, for comparing two configurations.</summary>
    public static IReadOnlyDictionary<string, string> Flatten(object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var flat = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Collect(flat, options, "");
        return flat;
    }

    internal static string FormatScalar(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Enum name => KeyNames.FromProperty(name.ToString()),
        string text => Quote(text),
        ValueRange range => range.ToString(),
        IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(FormatScalar)) + "]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static void Write(StringBuilder text, object options, int indent)
    {
        foreach (var property in OptionProperties.Of(options.GetType()))
        {
            object? value = property.GetValue(options);
            text.Append(' ', indent).Append(KeyNames.FromProperty(property.Name)).Append(':');
            if (value is not null && OptionProperties.IsOptions(property.PropertyType))
            {
                text.Append('\n');
                Write(text, value, indent + 2);
            }
            else
            {
                text.Append(' ').Append(FormatScalar(value)).Append('\n');
            }
        }
    }

    private static void Collect(SortedDictionary<string, string> flat, object options, string path)
    {
        foreach (var property in OptionProperties.Of(options.GetType()))
        {
            string key = KeyNames.Join(path, KeyNames.FromProperty(property.Name));
            object? value = property.GetValue(options);
            if (value is not null && OptionProperties.IsOptions(property.PropertyType))
            {
                Collect(flat, value, key);
            }
            else
            {
                flat[key] = FormatScalar(value);
            }
        }
    }

    // Plain words stay plain; everything that YAML could read as something else is quoted.
    private static string Quote(string text)
    {
        bool plain = text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '/' or '.')
            && text is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off");
        return plain ? text : "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal) + "\"";
    }
}
