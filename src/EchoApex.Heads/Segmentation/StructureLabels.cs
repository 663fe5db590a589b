using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

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

    /// <summary>Marks the structures that a clip's masks do not draw, though others of a mixture do.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="structures">The structures that are asked for, K.</param>
    /// <param name="undrawn">[K]; true where the clip says nothing of it.</param>
    public static void Undrawn(AnnotatedClip clip, IReadOnlyList<string> structures, Span<bool> undrawn)
    {
        for (int i = 0; i < structures.Count; i++)
        {
            undrawn[i] = clip.DrawnStructures is { } drawn && !drawn.Contains(structures[i], StringComparer.Ordinal);
        }
    }

    /// <summary>The marks of a batch, bool [B, K]; null where all is drawn.</summary>
    public static Tensor? Undrawn(bool[] marks, int size, Device device) => marks.Contains(true) ? tensor(marks, device: device).reshape(size, -1) : null;
}
