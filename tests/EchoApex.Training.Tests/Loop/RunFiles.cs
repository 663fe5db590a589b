using System.Text.Json;
using EchoApex.Core.Backbones;

namespace EchoApex.Training.Tests.Loop;

/// <summary>Reads what a run has written, for comparisons to the bit.</summary>
internal static class RunFiles
{
    /// <summary>All values of an encoder, by name.</summary>
    public static float[] Values(IBackbone backbone) =>
        [.. backbone.Module.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry =>
        {
            using var values = entry.Value.detach();
            return values.data<float>().ToArray();
        })];

    /// <summary>The tensors of a checkpoint as bytes.</summary>
    public static byte[] State(string run, int step) => File.ReadAllBytes(Path.Combine(run, "checkpoints", $"step-{step:000000}", "state.safetensors"));

    /// <summary>The lines of metrics.jsonl.</summary>
    public static JsonElement[] Lines(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The same without what depends on the clock.</summary>
    public static string[] Numbers(string run) =>
        [.. Lines(run).Select(line => string.Join(' ', line.EnumerateObject().Where(p => p.Name is not ("images_per_second" or "live_tensors" or "memory_mib") && !p.Name.StartsWith("share_", StringComparison.Ordinal) && !p.Name.StartsWith("loader_", StringComparison.Ordinal)).Select(p => $"{p.Name}={p.Value.GetRawText()}")))];
}
