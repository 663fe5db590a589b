using System.Text.Json;

namespace EchoApex.Heads.Tests.Reporting;

/// <summary>The part of JSON Schema that docs/report-schema.json uses: type, properties, required, additionalProperties, items, enum, const, $ref.</summary>
internal static class SchemaCheck
{
    public static void Run(JsonElement value, JsonElement schema, JsonElement root, string path, List<string> faults)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = reference.GetString()!.TrimStart('#', '/').Split('/').Aggregate(root, (element, name) => element.GetProperty(name));
        }

        if (schema.TryGetProperty("const", out var constant) && constant.GetString() != value.GetString())
        {
            faults.Add($"{path} is {value}, not {constant}");
        }

        if (schema.TryGetProperty("enum", out var choices) && !choices.EnumerateArray().Any(choice => choice.ValueEquals(value.GetString())))
        {
            faults.Add($"{path} is '{value}', none of {choices}");
        }

        if (schema.TryGetProperty("type", out var type) && !Types(type).Contains(TypeOf(value)) && !(TypeOf(value) == "integer" && Types(type).Contains("number")))
        {
            faults.Add($"{path} is of the type {TypeOf(value)}, not {type}");
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            Members(value, schema, root, path, faults);
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            int i = 0;
            foreach (var item in value.EnumerateArray())
            {
                Run(item, items, root, $"{path}[{i++}]", faults);
            }
        }
    }

    private static void Members(JsonElement value, JsonElement schema, JsonElement root, string path, List<string> faults)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            faults.AddRange(required.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{path} lacks {name}"));
        }

        if (!schema.TryGetProperty("properties", out var properties))
        {
            return;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (properties.TryGetProperty(member.Name, out var inner))
            {
                Run(member.Value, inner, root, $"{path}.{member.Name}", faults);
            }
            else
            {
                faults.Add($"{path}.{member.Name} is not in the schema");
            }
        }
    }

    private static string[] Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(item => item.GetString()!)] : [type.GetString()!];

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
        JsonValueKind.Null => "null",
        _ => "boolean",
    };
}
