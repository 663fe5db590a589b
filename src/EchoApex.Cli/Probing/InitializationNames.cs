using System.Text.Json;
using EchoApex.Core.Runtime;
using EchoApex.Training.Loop;

namespace EchoApex.Cli.Probing;

/// <summary>Ways for weights to start, as configurations, the command line and model folders write them.</summary>
internal static class InitializationNames
{
    /// <summary>The start that a curve does not name, for most runs have it.</summary>
    public static string Usual { get; } = Of(BackboneInitializationKind.Reference);

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<BackboneInitializationKind>().Select(Of)];

    /// <summary>The name of a way to start.</summary>
    public static string Of(BackboneInitializationKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <summary>The way to start of a name.</summary>
    /// <exception cref="ConfigurationException">There is none of that name.</exception>
    public static BackboneInitializationKind Parse(string name)
    {
        foreach (var kind in Enum.GetValues<BackboneInitializationKind>())
        {
            if (Of(kind) == name)
            {
                return kind;
            }
        }

        throw new ConfigurationException("command line", $"the initialization '{name}' is unknown; it is one of {string.Join(", ", All)}.");
    }
}
