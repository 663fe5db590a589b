using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>The families of weights that can be imported.</summary>
public static class KeyMapCatalog
{
    /// <summary>All families, in the order in which help lists them.</summary>
    public static IReadOnlyList<KeyMap> All { get; } = [new DinoV2KeyMap(), new DinoKeyMap(), new TimmKeyMap(), new TorchvisionKeyMap()];

    /// <summary>The family of a name.</summary>
    /// <exception cref="ConfigurationException">The name is unknown.</exception>
    public static KeyMap Get(string name) => All.FirstOrDefault(map => map.Name == name)
        ?? throw new ConfigurationException("from", $"\"{name}\" is unknown; it must be one of {string.Join(", ", All.Select(map => map.Name))}.");
}
