using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Heads.Studies;

namespace EchoApex.Heads.Reporting;

/// <summary>
/// A study as JSON. The schema is versioned: <see cref="SchemaVersion"/> grows in its first part where a reader of an older one would
/// misread, in its second where something is added. It is described in docs/report-schema.json.
/// </summary>
public static class StudyJson
{
    /// <summary>Name of the schema.</summary>
    public const string Schema = "echoapex-study-report";

    /// <summary>Version of the schema.</summary>
    public const string SchemaVersion = "1.0";

    /// <summary>What every report says.</summary>
    public const string Disclaimer = "Research software. Not a medical device; not for diagnosis or treatment.";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false), new RoundedNumber() },
    };

    /// <summary>Writes a study.</summary>
    /// <param name="study">The study.</param>
    /// <param name="created">When the report was made.</param>
    public static string Serialize(StudyResult study, DateTimeOffset created)
    {
        ArgumentNullException.ThrowIfNull(study);
        return JsonSerializer.Serialize(new Document(Schema, SchemaVersion, Version, created.ToUniversalTime(), Disclaimer, study), Options) + "\n";
    }

    /// <summary>Version of EchoApex.</summary>
    internal static string Version { get; } = typeof(StudyJson).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private sealed record Document(string Schema, string SchemaVersion, string EchoapexVersion, DateTimeOffset Created, string Disclaimer, StudyResult Study);

    // Digits beyond a millionth are noise and differ between machines.
    private sealed class RoundedNumber : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(Math.Round(value, 6));
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}
