using System.Text.Json;

namespace EchoApex.Core.Checkpoints;

/// <summary>Reads of JSON that do not throw on the wrong kind of value.</summary>
internal static class JsonElementExtensions
{
    public static bool TryGetInt32Safe(this JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }
}
