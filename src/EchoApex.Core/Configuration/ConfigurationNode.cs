namespace EchoApex.Core.Configuration;

/// <summary>A value of a configuration before it has a type, with the place it came from ("run.yaml:12", "--set").</summary>
internal abstract class ConfigurationNode(string place)
{
    public string Place { get; } = place;
}

/// <summary>One value. A null text is YAML's null.</summary>
internal sealed class ScalarNode(string? text, string place) : ConfigurationNode(place)
{
    public string? Text { get; } = text;
}

/// <summary>A list.</summary>
internal sealed class ListNode(string place) : ConfigurationNode(place)
{
    public List<ConfigurationNode> Items { get; } = [];
}

/// <summary>Keys with values, in the order of the file.</summary>
internal sealed class MapNode(string place) : ConfigurationNode(place)
{
    private readonly Dictionary<string, ConfigurationNode> _values = new(StringComparer.Ordinal);

    public List<string> Keys { get; } = [];

    public ConfigurationNode this[string key]
    {
        get => _values[key];
        set
        {
            if (!_values.ContainsKey(key))
            {
                Keys.Add(key);
            }

            _values[key] = value;
        }
    }

    public bool Contains(string key) => _values.ContainsKey(key);

    public void Remove(string key)
    {
        _values.Remove(key);
        Keys.Remove(key);
    }

    /// <summary>Lays another map over this one: maps merge key by key, everything else is replaced.</summary>
    public void Overlay(MapNode upper)
    {
        foreach (string key in upper.Keys)
        {
            if (upper[key] is MapNode upperMap && Contains(key) && this[key] is MapNode lowerMap)
            {
                lowerMap.Overlay(upperMap);
            }
            else
            {
                this[key] = upper[key];
            }
        }
    }
}
