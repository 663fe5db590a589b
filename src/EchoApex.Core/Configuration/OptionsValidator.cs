using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace EchoApex.Core.Configuration;

/// <summary>Checks a record of options, section by section, by its DataAnnotations.</summary>
public static class OptionsValidator
{
    /// <summary>Checks options that were made in code.</summary>
    /// <param name="options">The record; nested records are checked too.</param>
    /// <param name="source">What to call them in the message.</param>
    /// <exception cref="Runtime.ConfigurationException">One or more values are out of range; the message lists all of them.</exception>
    public static void Validate(object options, string source = "options")
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = Check(options, "", _ => null);
        if (faults.Count > 0)
        {
            throw new Runtime.ConfigurationException(source, faults);
        }
    }

    internal static List<string> Check(object options, string path, Func<string, string?> placeOf)
    {
        var faults = new List<string>();
        foreach (var property in OptionProperties.Of(options.GetType()))
        {
            string keyPath = KeyNames.Join(path, KeyNames.FromProperty(property.Name));
            object? value = property.GetValue(options);
            foreach (var rule in property.GetCustomAttributes(inherit: true).OfType<ValidationAttribute>())
            {
                if (!rule.IsValid(value))
                {
                    faults.Add($"{keyPath}: {Explain(rule, value)}{Place(placeOf(keyPath))}");
                }
            }

            if (value is not null && OptionProperties.IsOptions(property.PropertyType))
            {
                faults.AddRange(Check(value, keyPath, placeOf));
            }
            else if (value is IEnumerable items and not string && OptionProperties.ElementType(property.PropertyType) is { } element && OptionProperties.IsOptions(element))
            {
                int index = 0;
                foreach (object item in items)
                {
                    faults.AddRange(Check(item, string.Create(CultureInfo.InvariantCulture, $"{keyPath}[{index++}]"), placeOf));
                }
            }
        }

        if (faults.Count == 0 && options is IValidatableObject whole)
        {
            foreach (var result in whole.Validate(new ValidationContext(options)))
            {
                string key = result.MemberNames.FirstOrDefault() is { } member ? KeyNames.Join(path, KeyNames.FromProperty(member)) : path;
                faults.Add($"{(key.Length == 0 ? "configuration" : key)}: {result.ErrorMessage}{Place(placeOf(key))}");
            }
        }

        return faults;
    }

    private static string Explain(ValidationAttribute rule, object? value)
    {
        string shown = ConfigurationWriter.FormatScalar(value);
        return rule switch
        {
            RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"{shown} is outside {range.Minimum} .. {range.Maximum}"),
            MinLengthAttribute minimum => string.Create(CultureInfo.InvariantCulture, $"{shown} has fewer than {minimum.Length} entries"),
            _ => $"{shown}: {rule.FormatErrorMessage("the value")}",
        };
    }

    private static string Place(string? place) => place is null ? "." : $" ({place}).";
}
