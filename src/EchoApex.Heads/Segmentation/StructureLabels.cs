using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Segmentation;

/// <summary>Finds the values by which a set's masks mean structures.</summary>
internal static class StructureLabels
{
    /// <summary>The mask value of each structure.</summary>
    /// <exception cref="ConfigurationException">The set does not draw one of them.</exception>
    public static byte[] Of(AnnotatedClipSet set, IReadOnlyList<string> structures)
    {
        string[] strange = [.. structures.Where(name => !set.Structures.Skip(1).Contains(name, StringComparer.Ordinal))];
        return strange.Length > 0
            ? throw new ConfigurationException("segmentation", $"{set.Name} does not draw {string.Join(", ", strange)}; it draws {string.Join(", ", set.Structures.Skip(1))}.")
            : [.. structures.Select(name => (byte)set.Structures.ToList().IndexOf(name))];
    }
}
