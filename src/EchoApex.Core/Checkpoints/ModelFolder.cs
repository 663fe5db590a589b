using System.Reflection;
using System.Security.Cryptography;
using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>
/// A model as a folder: config.json (architecture, preprocessing, task, labels, versions, hash of the weights),
/// model.safetensors (the reference's key names) and README.md (the model card).
/// </summary>
public static class ModelFolder
{
    /// <summary>Name of the configuration file.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>Name of the weights file.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>Name of the model card.</summary>
    public const string CardFile = "README.md";

    /// <summary>Writes a new model folder whole or not at all.</summary>
    /// <param name="folder">The folder to make; it must not exist, or be empty.</param>
    /// <param name="backbone">The encoder; its weights are written as they are.</param>
    /// <param name="preprocessing">How clips become its input.</param>
    /// <param name="info">Name, task, labels and origin.</param>
    /// <exception cref="EchoApexException">The folder exists and is not empty, or a record has faults.</exception>
    public static void Save(string folder, IBackbone backbone, Preprocessing preprocessing, ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentNullException.ThrowIfNull(info);
        preprocessing.Validate(folder);
        info.Validate(folder);
        info = info with { EchoApexVersion = Version, Created = info.Created ?? DateTimeOffset.UtcNow };
        AtomicOutput.CreateFolder(folder, temporary =>
        {
            var weights = WriteWeights(Path.Combine(temporary, WeightsFile), backbone);
            var config = new ModelFolderConfig
            {
                FormatVersion = ModelFolderConfig.CurrentVersion,
                Model = info,
                Architecture = backbone.Config,
                Preprocessing = preprocessing,
                Weights = weights,
            };
            AtomicOutput.WriteText(Path.Combine(temporary, ConfigFile), config.ToJson());
            AtomicOutput.WriteText(Path.Combine(temporary, CardFile), ModelCard.Write(config, backbone));
        });
    }

    /// <summary>Loads a model folder onto the CPU, in evaluation mode. The weights are read once, straight into the network.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="verify">
    /// Whether the weights' SHA-256 is compared too, which costs a second pass over the file. Without it their length, names
    /// and shapes are.
    /// </param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">A file is missing, damaged, or does not belong to the configuration.</exception>
    /// <exception cref="ConfigurationException">config.json has faults.</exception>
    public static LoadedModel Load(string folder, bool verify = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
        {
            throw new CheckpointException(folder, "this model folder does not exist.");
        }

        var config = ModelFolderConfig.Read(Path.Combine(folder, ConfigFile));
        string path = WeightsPath(folder, config);
        using var source = SafetensorsFile.Open(path);
        CheckWeights(source, config, verify);
        BackboneAgreement.Check(source, config.Architecture, Path.Combine(folder, ConfigFile));
        var backbone = BackboneFactory.Create(config.Architecture);
        try
        {
            StateDictLoader.Load(backbone.Module, source, new LoadOptions
            {
                Remedy = $"{ConfigFile} and {WeightsFile} do not belong together: take the folder from its source again.",
            });
            backbone.Module.eval();
            return new LoadedModel(folder, backbone, config.Preprocessing, config.Model);
        }
        catch
        {
            backbone.Dispose();
            throw;
        }
    }

    /// <summary>The version that is written into folders, without the commit.</summary>
    internal static string Version { get; } =
        typeof(ModelFolder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>The SHA-256 of a file, lower-case hexadecimal.</summary>
    internal static string Hash(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
    }

    // The hash is taken of the bytes on their way to the file.
    private static ModelFolderConfig.WeightsFile WriteWeights(string path, IBackbone backbone)
    {
        using var hash = SHA256.Create();
        long bytes = 0;
        AtomicOutput.WriteFile(path, stream =>
        {
            using (var hashing = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
            {
                SafetensorsWriter.Write(hashing, backbone.Module.state_dict(), new Dictionary<string, string>
                {
                    ["format"] = "pt",
                    ["echoapex_version"] = Version,
                });
            }

            bytes = stream.Length;
        });
        return new ModelFolderConfig.WeightsFile(WeightsFile, bytes, Convert.ToHexStringLower(hash.Hash!));
    }

    private static string WeightsPath(string folder, ModelFolderConfig config)
    {
        string name = config.Weights.File;
        return name.Length > 0 && Path.GetFileName(name) == name && name is not ("." or "..")
            ? Path.Combine(folder, name)
            : throw new ConfigurationException(Path.Combine(folder, ConfigFile), $"weights.file is \"{Listing.Name(name)}\"; it must name a file of the folder.");
    }

    private static void CheckWeights(SafetensorsFile source, ModelFolderConfig config, bool verify)
    {
        if (source.Length != config.Weights.Bytes)
        {
            throw new CheckpointException(source.Path, $"has {source.Length} bytes, but {ConfigFile} was written for {config.Weights.Bytes}. Take the folder from its source again.");
        }

        if (verify && Hash(source.Path) is var hash && hash != config.Weights.Sha256)
        {
            throw new CheckpointException(source.Path, $"has the SHA-256 {hash}, but {ConfigFile} was written for {Listing.Name(config.Weights.Sha256)}. Take the folder from its source again.");
        }
    }
}
