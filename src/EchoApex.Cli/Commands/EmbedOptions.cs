using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary>What <c>echoapex embed</c> was asked to do.</summary>
/// <param name="Input">Clip, folder, or array.</param>
/// <param name="Model">Model folder.</param>
/// <param name="Output">.npy or .csv of the cls vectors.</param>
/// <param name="Patches">.npy of the patch tokens; null for none.</param>
/// <param name="IsTensor">Whether the input is an array of images that are prepared already.</param>
/// <param name="Batch">Images at once.</param>
/// <param name="Frames">Frames a clip; null for all.</param>
internal sealed record EmbedOptions(string Input, string Model, string Output, string? Patches, bool IsTensor, int Batch, int? Frames)
{
    public bool IsCsv => Output.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);

    /// <summary>The index that accompanies the embeddings of a folder.</summary>
    public string Index => Output + ".index.csv";

    /// <summary>"all" or a positive number.</summary>
    public static int? ParseFrames(string text)
    {
        if (text.Equals("all", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            ? count
            : throw new ConfigurationException("command line", $"--frames is '{text}'; it must be 'all' or a positive number.");
    }

    /// <summary>Checks what can be checked before anything is loaded.</summary>
    public void Validate()
    {
        List<string> faults = [];
        if (!IsCsv && !Output.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
        {
            faults.Add($"--out is '{Output}'; its name must end with .npy or .csv.");
        }

        if (Patches is not null && !Patches.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
        {
            faults.Add($"--patches is '{Patches}'; its name must end with .npy.");
        }

        string[] files = [.. new[] { Input, Output, Patches }.OfType<string>().Select(Path.GetFullPath)];
        if (files.Distinct(StringComparer.Ordinal).Count() < files.Length)
        {
            faults.Add("the input, --out and --patches must be different files.");
        }

        if (new[] { Output, Patches }.OfType<string>().FirstOrDefault(Directory.Exists) is { } folder)
        {
            faults.Add($"'{folder}' is a folder; name a file to write.");
        }

        if (Batch is < 1 or > 4096)
        {
            faults.Add($"--batch is {Batch}; it must be from 1 to 4096.");
        }

        if (faults.Count > 0)
        {
            throw new ConfigurationException("command line", faults);
        }
    }
}
