using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using Microsoft.Extensions.Logging;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>
/// From a scanner's export to de-identified shards: walks files, folders and archives, cleans headers and pixels, routes and rates
/// clips, writes shards, a manifest, an audit a clip and a quarantine list. Fails closed: a clip whose sector is not sure leaves no
/// pixel in the output. Stopped at any point and run again it leaves the bytes of one uninterrupted run.
/// </summary>
/// <remarks>OpenCV's own threads are turned off for the process, because the workers use the cores already.</remarks>
public static class Ingestion
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new JsonStringEnumConverter() } };

    // 2: audits tell contents apart.
    private const int Version = 2;

    private static readonly ClipClass[] Storable = [ClipClass.BMode, ClipClass.ColorFlow, ClipClass.Still];

    /// <summary>Ingests.</summary>
    /// <param name="inputs">Files, folders and archives. The output may lie in one of them: it is passed over.</param>
    /// <param name="folder">Folder of the shards; new, or one that an earlier run with the same options and key has left.</param>
    /// <param name="options">How.</param>
    /// <param name="pseudonyms">Makes the pseudonyms.</param>
    /// <param name="sources">
    /// A file outside <paramref name="folder"/> that lists which key stands for which input, for the review of the quarantine; it
    /// identifies patients as much as the input's names do. What it says of earlier runs' clips stays. Null for none.
    /// </param>
    /// <param name="progress">Told the number of clips done so far.</param>
    /// <param name="logger">Optional.</param>
    /// <param name="cancellationToken">Stops between clips; what is finished stays, and a later run goes on from there.</param>
    /// <exception cref="ConfigurationException">
    /// An option is out of range, options or key are not those of the earlier run, or <paramref name="sources"/> lies in <paramref name="folder"/>.
    /// </exception>
    /// <exception cref="DataException">An input does not exist or lies in <paramref name="folder"/>, or the folder holds something else.</exception>
    public static IngestReport Run(
        IReadOnlyList<string> inputs, string folder, IngestOptions options, Pseudonymizer pseudonyms, string? sources = null, IProgress<int>? progress = null, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(pseudonyms);
        Require(options);
        RequireApart(inputs, folder, sources);
        IngestTables.RequireSources(sources);
        OpenCvRuntime.EnsureAvailable();
        FrameOperations.UseCallingThreadOnly();
        Directory.CreateDirectory(folder);
        RequireSameOptions(folder, options, pseudonyms);
        return new IngestRun(folder, options, pseudonyms, TemporaryOf(folder), progress, logger).Run(inputs, sources, cancellationToken);
    }

    private static void Require(IngestOptions options)
    {
        OptionsValidator.Validate(options, "ingest");
        string? fault = options.Classes.FirstOrDefault(kind => !Storable.Contains(kind), ClipClass.BMode) is var kind && !Storable.Contains(kind)
            ? $"classes: {kind} has no sector that could be cleaned; {string.Join(", ", Storable)} can be stored."
            : options.Classes.Count == 0 ? "classes: name at least one."
            : options.ValidationShare + options.TestShare > 1 ? $"validation_share and test_share: {options.ValidationShare} and {options.TestShare} are more than 1 together."
            : null;
        if (fault is not null)
        {
            throw new ConfigurationException("ingest", fault);
        }
    }

    private static void RequireApart(IReadOnlyList<string> inputs, string folder, string? sources)
    {
        if (inputs.FirstOrDefault(input => RealPath.IsWithin(input, folder)) is { } own)
        {
            throw new DataException(own, $"lies in the output, {folder}: what is written there is no input. Name inputs outside it.");
        }

        if (sources is not null && RealPath.IsWithin(sources, folder))
        {
            throw new ConfigurationException("ingest", $"sources: '{sources}' lies in the output, {folder}, which is to identify nobody. Name a file elsewhere.");
        }
    }

    // Number of workers and their memory have no influence on the output.
    private static void RequireSameOptions(string folder, IngestOptions options, Pseudonymizer pseudonyms)
    {
        string path = Path.Combine(folder, "ingest.json");
        string text = JsonSerializer.Serialize(new { Format = "echoapex-ingest", Version, Key = pseudonyms.Fingerprint, Options = options with { Workers = 1, WorkerMegabytes = 256 } }, Json) + "\n";
        if (!File.Exists(path))
        {
            if (Directory.EnumerateFileSystemEntries(folder).Any())
            {
                throw new DataException(folder, "is not empty and holds no ingest.json: it is no output of an earlier run. Choose another folder.");
            }

            AtomicOutput.WriteText(path, text);
        }
        else if (File.ReadAllText(path) is var earlier && earlier != text)
        {
            throw VersionOf(earlier) is var version and not Version
                ? new ConfigurationException("ingest", $"{path} has version {version?.ToString(CultureInfo.InvariantCulture) ?? "none"}, this EchoApex goes on with version {Version} alone. Write to another folder.")
                : new ConfigurationException("ingest", $"{path} was written with other options or another key. Go on with the same ones, or write to another folder.");
        }
    }

    private static int? VersionOf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("version", out var version) && version.TryGetInt32(out int number) ? number : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Outside the output, because it holds originals; the same for the same output, so that a run that was killed is cleaned up after.
    internal static string TemporaryOf(string folder) =>
        Path.Combine(Path.GetTempPath(), "echoapex-ingest-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RealPath.Of(folder))))[..16]);
}
