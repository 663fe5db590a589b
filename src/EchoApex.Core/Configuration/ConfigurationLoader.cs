using EchoApex.Core.Runtime;

namespace EchoApex.Core.Configuration;

/// <summary>
/// Loads an options record from layers, each over the one before: the record's defaults, a preset, a YAML file,
/// overrides of the form <c>key.sub=value</c>. Strict: an unknown key, a wrong type and a value out of range are errors,
/// all of them in one message.
/// </summary>
/// <remarks>
/// Keys are snake_case names of the record's properties; a file may name its preset with <c>preset: NAME</c>. A loader may
/// know sections: top-level keys that hold a further layer, laid over the file when it is asked for and ignored otherwise.
/// </remarks>
public sealed class ConfigurationLoader
{
    private const string PresetKey = "preset";
    private readonly IReadOnlyDictionary<string, string> _presets;
    private readonly IReadOnlyCollection<string> _sections;

    /// <summary>Creates a loader.</summary>
    /// <param name="presets">Presets by name, each YAML text; null for none.</param>
    /// <param name="sections">Names of sections; null for none.</param>
    public ConfigurationLoader(IReadOnlyDictionary<string, string>? presets = null, IReadOnlyCollection<string>? sections = null) =>
        (_presets, _sections) = (presets ?? new Dictionary<string, string>(), sections ?? []);

    /// <summary>Loads from a file.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="preset">A preset below the file, instead of the one that the file names.</param>
    /// <param name="overrides">Overrides, <c>key.sub=value</c>; the value is YAML.</param>
    /// <param name="section">The section to lay over the file, below the overrides; null for none.</param>
    /// <exception cref="ConfigurationException">The file is missing, is not YAML, or has faults; all are listed.</exception>
    public T LoadFile<T>(string path, string? preset = null, IEnumerable<string>? overrides = null, string? section = null)
        where T : class, new()
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new ConfigurationException(path, "the configuration file does not exist.");
        }

        if (new FileInfo(path).Length > 4 << 20)
        {
            throw new ConfigurationException(path, "the file is too large for a configuration.");
        }

        return Load<T>(File.ReadAllText(path), Path.GetFileName(path), preset, overrides, section);
    }

    /// <summary>Loads from YAML text.</summary>
    /// <param name="yaml">YAML text; empty for none.</param>
    /// <param name="source">What to call the text in messages.</param>
    /// <param name="preset">A preset below the text, instead of the one that the text names.</param>
    /// <param name="overrides">Overrides, <c>key.sub=value</c>; the value is YAML.</param>
    /// <param name="section">The section to lay over the text, below the overrides; null for none.</param>
    /// <exception cref="ConfigurationException">The configuration has faults, or not the section; all are listed.</exception>
    public T Load<T>(string yaml, string source, string? preset = null, IEnumerable<string>? overrides = null, string? section = null)
        where T : class, new()
    {
        ArgumentNullException.ThrowIfNull(yaml);
        var upper = YamlNodeReader.ReadMap(yaml, source);
        var faults = new List<string>();
        string? named = TakePresetName(upper, faults);
        preset ??= named;
        var root = preset is null ? new MapNode(source) : ReadPreset(preset, source);
        root.Overlay(upper);
        ApplySection(root, section, faults);
        foreach (string text in overrides ?? [])
        {
            ApplyOverride(root, text, faults);
        }

        var binder = new ConfigurationBinder();
        var options = (T)binder.Bind(new T(), root, "");
        faults.AddRange(binder.Faults);
        faults.AddRange(OptionsValidator.Check(options, "", binder.Places.GetValueOrDefault));
        return faults.Count == 0 ? options : throw new ConfigurationException(source, faults);
    }

    private static string? TakePresetName(MapNode map, List<string> faults)
    {
        if (!map.Contains(PresetKey))
        {
            return null;
        }

        var node = map[PresetKey];
        map.Remove(PresetKey);
        if (node is ScalarNode { Text: { Length: > 0 } name })
        {
            return name;
        }

        faults.Add($"{PresetKey}: expected the name of a preset ({node.Place}).");
        return null;
    }

    private void ApplySection(MapNode root, string? wanted, List<string> faults)
    {
        MapNode? chosen = null;
        foreach (string section in _sections.Where(root.Contains))
        {
            var node = root[section];
            root.Remove(section);
            if (node is not MapNode map)
            {
                faults.Add($"{section}: expected keys and values ({node.Place}).");
            }
            else if (section == wanted)
            {
                chosen = map;
            }
        }

        if (chosen is not null)
        {
            root.Overlay(chosen);
        }
        else if (wanted is not null && faults.Count == 0)
        {
            faults.Add($"there is no section {wanted}: write under it what differs from the rest.");
        }
    }

    private MapNode ReadPreset(string name, string source)
    {
        if (!_presets.TryGetValue(name, out string? yaml))
        {
            throw new ConfigurationException(source, $"{PresetKey}: '{name}' is unknown; the presets are {string.Join(", ", _presets.Keys.Order(StringComparer.Ordinal))}.");
        }

        return YamlNodeReader.ReadMap(yaml, $"preset {name}");
    }

    private static void ApplyOverride(MapNode root, string text, List<string> faults)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string[] keys = equals > 0 ? text[..equals].Trim().Split('.') : [];
        if (keys.Length == 0 || keys.Any(string.IsNullOrWhiteSpace))
        {
            faults.Add($"--set {text}: expected key.sub=value.");
            return;
        }

        var map = root;
        foreach (string key in keys[..^1])
        {
            if (!map.Contains(key) || map[key] is not MapNode next)
            {
                map[key] = next = new MapNode("--set");
            }

            map = next;
        }

        map[keys[^1]] = YamlNodeReader.ReadValue(text[(equals + 1)..], "--set");
    }
}
