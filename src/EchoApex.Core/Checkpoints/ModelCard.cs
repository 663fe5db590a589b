using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EchoApex.Core.Backbones;

namespace EchoApex.Core.Checkpoints;

/// <summary>Writes the model card, README.md: a YAML head as model hubs read it, then text for people.</summary>
internal static class ModelCard
{
    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(ModelFolderConfig config, IBackbone backbone)
    {
        var text = new StringBuilder();
        WriteHead(text, config);
        WriteModel(text, config, backbone.Module.parameters().Sum(parameter => parameter.NumberOfElements));
        WriteOrigin(text, config.Model);
        WriteUse(text);
        return text.ToString();
    }

    private static void WriteHead(StringBuilder text, ModelFolderConfig config)
    {
        text.Append("---\n");
        text.Append("library_name: echoapex\n");
        text.Append(CultureInfo.InvariantCulture, $"license: {Quote(config.Model.License ?? "other")}\n");
        text.Append("pipeline_tag: image-feature-extraction\n");
        text.Append("tags:\n- echocardiography\n- ultrasound\n");
        text.Append(CultureInfo.InvariantCulture, $"- {Quote(config.Architecture.Architecture)}\n");
        text.Append(CultureInfo.InvariantCulture, $"model_name: {Quote(config.Model.Name)}\n");
        text.Append("---\n\n");
    }

    private static void WriteModel(StringBuilder text, ModelFolderConfig config, long parameters)
    {
        var architecture = config.Architecture;
        text.Append(CultureInfo.InvariantCulture, $"# {OneLine(config.Model.Name)}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"- Task: {OneLine(config.Model.Task)}\n");
        text.Append(CultureInfo.InvariantCulture, $"- Architecture: {OneLine(architecture.Architecture)}, {parameters:N0} parameters, features of length {architecture.FeatureDimension}\n");
        text.Append(CultureInfo.InvariantCulture, $"- Input: {architecture.InputChannels} channels, {config.Preprocessing.ImageSize} x {config.Preprocessing.ImageSize} pixels; the whole preprocessing is in config.json\n");
        if (config.Model.Labels.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"- Classes: {string.Join(", ", config.Model.Labels.Select(OneLine))}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"- Weights: {config.Weights.File}, {config.Weights.Bytes:N0} bytes, SHA-256 {config.Weights.Sha256}\n");
        text.Append(CultureInfo.InvariantCulture, $"- Written by EchoApex {config.Model.EchoApexVersion}, {config.Model.Created:yyyy-MM-dd HH:mm} UTC\n\n");
    }

    private static void WriteOrigin(StringBuilder text, ModelInfo info)
    {
        text.Append("## Provenance\n\n");
        text.Append(info.Provenance is { } origin
            ? $"Imported from `{OneLine(origin.SourceFile).Replace('`', '\'')}` ({OneLine(origin.Family)} weights), SHA-256 {OneLine(origin.SourceSha256)}. The licence of that file applies.\n\n"
            : "Trained with EchoApex.\n\n");
        if (info.Training.Count > 0)
        {
            text.Append("## Training\n\n");
            foreach (var (key, value) in info.Training.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"- {OneLine(key)}: {OneLine(value)}\n");
            }

            text.Append('\n');
        }
    }

    private static void WriteUse(StringBuilder text)
    {
        text.Append("## Intended use\n\n");
        text.Append("Research on echocardiography: features for view classification, segmentation, measurement and ejection fraction.\n");
        text.Append("Outside that, and on scanners, views or patients unlike those of its training data, nothing is known of its behaviour.\n\n");
        text.Append("**Not a medical device.** It has no regulatory clearance and must not be used for diagnosis or treatment.\n\n");
        text.Append("## How to load\n\n```csharp\nusing var model = EchoApex.Core.Checkpoints.ModelFolder.Load(\"path/of/this/folder\");\n```\n");
    }

    // A JSON string is a YAML string.
    private static string Quote(string value) => JsonSerializer.Serialize(value, Quoting);

    private static string OneLine(string value) => string.Join(' ', value.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
