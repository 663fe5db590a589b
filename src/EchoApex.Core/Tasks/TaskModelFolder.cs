using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Tasks;

/// <summary>
/// A fine-tuned model as a folder: task.json, head.safetensors, and either the encoder (folder "encoder") where it was fine-tuned
/// whole, or adapters.safetensors and the hash of the encoder that they belong to: megabytes.
/// </summary>
public static class TaskModelFolder
{
    /// <summary>Name of the configuration file.</summary>
    public const string ConfigFile = "task.json";

    /// <summary>Name of the head's weights.</summary>
    public const string HeadFile = "head.safetensors";

    /// <summary>Name of the adapters' weights.</summary>
    public const string AdaptersFile = "adapters.safetensors";

    /// <summary>Name of the folder of an encoder that was fine-tuned whole.</summary>
    public const string EncoderFolder = "encoder";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        MaxDepth = 32,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Turns a head's options into the form of <see cref="TaskModelInfo.Options"/>.</summary>
    public static JsonElement WriteOptions<T>(T options) => JsonSerializer.SerializeToElement(options, Json);

    /// <summary>Reads a head's options back.</summary>
    /// <exception cref="ConfigurationException">They are not such options.</exception>
    public static T ReadOptions<T>(TaskModel model)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(model);
        string path = Path.Combine(model.Folder, ConfigFile);
        try
        {
            var options = model.Info.Options.Deserialize<T>(Json) ?? throw new ConfigurationException(path, "options is null.");
            OptionsValidator.Validate(options, path);
            return options;
        }
        catch (JsonException error)
        {
            throw new ConfigurationException(path, $"options.{error.Path}: {error.Message} Correct this entry or take the folder from its source again.");
        }
    }

    /// <summary>Writes a new folder whole or not at all.</summary>
    /// <param name="folder">The folder to make; it must not exist, or be empty.</param>
    /// <param name="encoder">The encoder.</param>
    /// <param name="baseModel">The model folder that the encoder was loaded from.</param>
    /// <param name="adapters">Its adapters; null where it was fine-tuned whole, which writes it too.</param>
    /// <param name="head">The head.</param>
    /// <param name="info">Task, labels, options; its encoder and adapters are set here.</param>
    /// <exception cref="EchoApexException">The folder exists and is not empty.</exception>
    public static void Save(string folder, IBackbone encoder, LoadedModel baseModel, AdapterSet? adapters, nn.Module head, TaskModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(info);
        AtomicOutput.CreateFolder(folder, temporary =>
        {
            EncoderReference reference;
            if (adapters is null)
            {
                string own = Path.Combine(temporary, EncoderFolder);
                ModelFolder.Save(own, encoder, baseModel.Preprocessing, baseModel.Info with { Name = $"{baseModel.Info.Name}, fine-tuned for {info.Task}", Created = null });
                reference = new EncoderReference(EncoderFolder, ModelFolder.Hash(Path.Combine(own, ModelFolder.WeightsFile)));
            }
            else
            {
                reference = new EncoderReference(Path.GetFullPath(baseModel.Folder), ModelFolder.Hash(Path.Combine(baseModel.Folder, ModelFolder.WeightsFile)));
                adapters.Save(Path.Combine(temporary, AdaptersFile), reference.Sha256);
            }

            SafetensorsWriter.Write(Path.Combine(temporary, HeadFile), head.state_dict(), new Dictionary<string, string> { ["format"] = "pt", ["task"] = info.Task });
            info = info with { Encoder = reference, Adapters = adapters?.Options, Created = DateTimeOffset.UtcNow, EchoApexVersion = ModelFolder.Version };
            AtomicOutput.WriteText(Path.Combine(temporary, ConfigFile), JsonSerializer.Serialize(info, Json) + "\n");
            AtomicOutput.WriteText(Path.Combine(temporary, ModelFolder.CardFile), TaskModelCard.Write(info));
        });
    }

    /// <summary>Whether a folder holds a fine-tuned model.</summary>
    public static bool Is(string folder) => File.Exists(Path.Combine(folder, ConfigFile));

    /// <summary>Loads a fine-tuned model onto the CPU.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="baseFolder">Where the encoder lies, for a model of adapters that was moved; null takes the place that is written down.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">A file is missing or damaged, or the encoder is another.</exception>
    /// <exception cref="ConfigurationException">task.json has faults.</exception>
    public static TaskModel Load(string folder, string? baseFolder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var info = ReadInfo(Path.Combine(folder, ConfigFile));
        bool isOwn = info.Adapters is null;
        string place = isOwn ? Path.Combine(folder, EncoderFolder) : baseFolder ?? info.Encoder.Folder;
        if (!Directory.Exists(place))
        {
            throw new CheckpointException(folder, isOwn
                ? $"has no folder '{EncoderFolder}'. Take the model from its source again."
                : $"needs the encoder it was trained on (weights with the SHA-256 {info.Encoder.Sha256}); '{place}' does not exist. Name its folder with --base.");
        }

        var encoder = ModelFolder.Load(place);
        AdapterSet? adapters = null;
        try
        {
            if (!isOwn)
            {
                adapters = AdapterSet.Attach(encoder.Backbone, info.Adapters! with { AllowLargerShare = true }, RandomStream.For(0, "adapters"));
                adapters.Load(Path.Combine(folder, AdaptersFile), ModelFolder.Hash(Path.Combine(place, ModelFolder.WeightsFile)));
                adapters.Train(false);
            }

            return new TaskModel(folder, info, encoder, adapters);
        }
        catch
        {
            adapters?.Dispose();
            encoder.Dispose();
            throw;
        }
    }

    private static TaskModelInfo ReadInfo(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                throw new CheckpointException(path, "does not exist, so this is no fine-tuned model. Make one with 'echoapex finetune'.");
            }

            var info = JsonSerializer.Deserialize<TaskModelInfo>(File.ReadAllText(path), Json)
                ?? throw new ConfigurationException(path, "holds null where the model's configuration should be.");
            if (info.FormatVersion is < 1 or > TaskModelInfo.CurrentVersion)
            {
                throw new ConfigurationException(path, $"format_version is {info.FormatVersion}; this EchoApex reads up to {TaskModelInfo.CurrentVersion}. Install a newer EchoApex.");
            }

            info.Preprocessing.Validate(path);
            return info;
        }
        catch (JsonException error)
        {
            throw new ConfigurationException(path, $"{error.Path ?? "the text"}: {error.Message} Correct this entry or take the folder from its source again.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
    }
}
