using System.Globalization;
using System.Reflection;

namespace EchoApex.Core.Configuration;

/// <summary>Turns nodes into an options record, collecting every fault instead of stopping at the first.</summary>
internal sealed class ConfigurationBinder
{
    private readonly NullabilityInfoContext _nullability = new();

    /// <summary>One sentence a fault.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Dotted path -> where the value came from.</summary>
    public Dictionary<string, string> Places { get; } = new(StringComparer.Ordinal);

    /// <summary>Sets the keys of a map on an options record that nothing else refers to; keys not given keep their values.</summary>
    public object Bind(object options, MapNode map, string path)
    {
        var properties = OptionProperties.Of(options.GetType()).ToDictionary(p => KeyNames.FromProperty(p.Name), StringComparer.Ordinal);
        foreach (string key in map.Keys)
        {
            string keyPath = KeyNames.Join(path, key);
            if (!properties.TryGetValue(key, out var property))
            {
                ReportUnknown(keyPath, key, path, map[key].Place, properties.Keys);
                continue;
            }

            Places[keyPath] = map[key].Place;
            object? current = property.GetValue(options);
            if (Convert(property.PropertyType, AcceptsNull(property), map[key], keyPath, current, out object? value))
            {
                property.SetValue(options, value);
            }
        }

        return options;
    }

    private void ReportUnknown(string keyPath, string key, string path, string place, IReadOnlyCollection<string> known)
    {
        string? nearest = KeyNames.Nearest(key, known);
        string hint = nearest is not null
            ? $"did you mean '{KeyNames.Join(path, nearest)}'?"
            : "known keys here: " + string.Join(", ", known.Order(StringComparer.Ordinal)) + ".";
        Faults.Add($"{keyPath}: unknown key ({place}); {hint}");
    }

    private bool AcceptsNull(PropertyInfo property)
    {
        if (property.PropertyType.IsValueType)
        {
            return Nullable.GetUnderlyingType(property.PropertyType) is not null;
        }

        return _nullability.Create(property).WriteState == NullabilityState.Nullable;
    }

    private bool Convert(Type type, bool acceptsNull, ConfigurationNode node, string path, object? current, out object? value)
    {
        value = null;
        if (node is ScalarNode { Text: null })
        {
            if (acceptsNull)
            {
                return true;
            }

            // A section written without content ("data:") keeps its defaults.
            if (OptionProperties.IsOptions(type))
            {
                value = Fresh(type, current);
                return true;
            }

            return Fail(path, "an empty value", Expected(type), node);
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(ValueRange))
        {
            return ConvertRange(node, path, out value);
        }

        if (OptionProperties.ElementType(type) is { } element)
        {
            return ConvertList(element, node, path, out value);
        }

        if (OptionProperties.IsOptions(type))
        {
            if (node is not MapNode map)
            {
                return Fail(path, Describe(node), "keys with values", node);
            }

            value = Bind(Fresh(type, current), map, path);
            return true;
        }

        if (node is not ScalarNode scalar || !TryParse(type, scalar.Text!, out value))
        {
            return Fail(path, Describe(node), Expected(type), node);
        }

        return true;
    }

    // A copy of the section's present value, so that keys not given keep the parent's defaults; records copy through <Clone>$.
    private static object Fresh(Type type, object? current)
    {
        object? copy = current?.GetType().GetMethod("<Clone>$")?.Invoke(current, null);
        return copy ?? Activator.CreateInstance(type)!;
    }

    private bool ConvertRange(ConfigurationNode node, string path, out object? value)
    {
        value = null;
        if (node is ListNode { Items: [ScalarNode low, ScalarNode high] }
            && TryParse(typeof(double), low.Text ?? "", out object? lowValue) && TryParse(typeof(double), high.Text ?? "", out object? highValue))
        {
            value = new ValueRange((double)lowValue!, (double)highValue!);
            return true;
        }

        return Fail(path, Describe(node), "a list of two numbers, [low, high]", node);
    }

    private bool ConvertList(Type element, ConfigurationNode node, string path, out object? value)
    {
        value = null;
        if (node is not ListNode list)
        {
            return Fail(path, Describe(node), "a list, [a, b]", node);
        }

        var items = Array.CreateInstance(element, list.Items.Count);
        bool sound = true;
        for (int i = 0; i < list.Items.Count; i++)
        {
            string itemPath = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
            Places[itemPath] = list.Items[i].Place;
            if (Convert(element, acceptsNull: false, list.Items[i], itemPath, current: null, out object? item))
            {
                items.SetValue(item, i);
            }
            else
            {
                sound = false;
            }
        }

        value = items;
        return sound;
    }

    private static bool TryParse(Type type, string text, out object? value)
    {
        var culture = CultureInfo.InvariantCulture;
        value = null;
        if (type == typeof(string))
        {
            value = text;
        }
        else if (type == typeof(bool))
        {
            value = text switch { "true" => true, "false" => false, _ => null };
        }
        else if (type == typeof(int))
        {
            value = int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out int number) ? number : null;
        }
        else if (type == typeof(long))
        {
            value = long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out long number) ? number : null;
        }
        else if (type == typeof(ulong))
        {
            value = ulong.TryParse(text, NumberStyles.None, culture, out ulong number) ? number : null;
        }
        else if (type == typeof(double))
        {
            value = double.TryParse(text, NumberStyles.Float, culture, out double number) && double.IsFinite(number) ? number : null;
        }
        else if (type.IsEnum)
        {
            value = Enum.GetValues(type).Cast<object>().FirstOrDefault(v => KeyNames.FromProperty(v.ToString()!) == text);
        }
        else
        {
            throw new NotSupportedException($"Options of type {type} cannot be configured.");
        }

        return value is not null;
    }

    private bool Fail(string path, string found, string expected, ConfigurationNode node)
    {
        Faults.Add($"{path}: expected {expected}, found {found} ({node.Place}).");
        return false;
    }

    private static string Describe(ConfigurationNode node) => node switch
    {
        ScalarNode { Text: null } => "an empty value",
        ScalarNode scalar => $"'{(scalar.Text!.Length > 80 ? scalar.Text[..80] + "…" : scalar.Text)}'",
        ListNode list => $"a list of {list.Items.Count}",
        _ => "keys with values",
    };

    private static string Expected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type).Select(KeyNames.FromProperty))
            : type == typeof(bool) ? "true or false"
            : type == typeof(double) ? "a number"
            : type == typeof(ulong) ? "a whole number from 0"
            : type == typeof(int) || type == typeof(long) ? "a whole number"
            : "text";
    }
}
