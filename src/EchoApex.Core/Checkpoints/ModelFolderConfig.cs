using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints;

/// <summary>The contents of a model folder's config.json.</summary>
internal sealed record ModelFolderConfig
{
    public const int CurrentVersion = 1;

    private const long MaxLength = 16 << 20;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        MaxDepth = 16,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Counts changes that an older EchoApex could not read.</summary>
    public required int FormatVersion { get; init; }

    public required ModelInfo Model { get; init; }

    public required BackboneConfig Architecture { get; init; }

    public required Preprocessing Preprocessing { get; init; }

    public required WeightsFile Weights { get; init; }

    /// <summary>The weights that belong to this config: swapped or cut files are noticed.</summary>
    internal sealed record WeightsFile(string File, long Bytes, string Sha256);

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    public static ModelFolderConfig Read(string path)
    {
        string text = ReadText(path);
        CheckVersion(path, text);
        try
        {
            var config = JsonSerializer.Deserialize<ModelFolderConfig>(text, Json)
                ?? throw new ConfigurationException(path, "holds null where the model's configuration should be.");
            config.Model.Validate(path);
            config.Preprocessing.Validate(path);
            return config;
        }
        catch (JsonException error)
        {
            throw new ConfigurationException(path, $"{error.Path ?? "the text"}: {error.Message} Write the folder again with 'echoapex import' or correct this entry.");
        }
    }

    // A file of a later version may have entries that this one does not know: say that rather than name one of them.
    private static void CheckVersion(string path, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("format_version", out var version)
                || !version.TryGetInt32Safe(out int number))
            {
                throw new ConfigurationException(path, "has no whole number 'format_version', so it is not the config.json of an EchoApex model folder.");
            }

            if (number is < 1 or > CurrentVersion)
            {
                throw new ConfigurationException(path, $"format_version is {number}; this EchoApex reads up to {CurrentVersion}. Install a newer EchoApex.");
            }
        }
        catch (JsonException error)
        {
            throw new ConfigurationException(path, $"is not valid JSON: {error.Message}");
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                throw new CheckpointException(path, "does not exist, so this is no model folder. Make one with 'echoapex import' or 'echoapex pretrain'.");
            }

            if (file.Length > MaxLength)
            {
                throw new ConfigurationException(path, $"has {file.Length} bytes; a config.json has at most {MaxLength}.");
            }

            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
    }
}
