using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Cli.FineTuning;

/// <summary>Clips to judge, and the folder within the output that belongs to each: its path below the input, so that no two share one.</summary>
internal static class PredictionPlaces
{
    // UIDs are names with dots: only what is known for an extension is left out.
    private static readonly string[] Extensions =
    [
        ".dcm", ".dicom", ".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg", ".ts", ".png", ".jpg", ".jpeg", ".nii.gz", ".nii", ".mhd", ".mha",
    ];

    /// <summary>Lists the clips of files and folders.</summary>
    /// <exception cref="DataException">There is none.</exception>
    public static IReadOnlyList<(string File, string Place)> Find(IReadOnlyList<string> inputs)
    {
        (string File, string Place)[] clips =
        [
            .. inputs.SelectMany(input => Directory.Exists(input)
                ? ClipReader.EnumerateClips(input).Select(file => (file, PlaceOf(input, file)))
                : [(input, Stem(Path.GetFileName(input)))]),
        ];
        return clips.Length > 0 ? clips : throw new DataException(string.Join(", ", inputs), "holds no clip.");
    }

    /// <summary>Refuses clips whose results would lie in one folder.</summary>
    /// <exception cref="ConfigurationException">Two have one place; both are named.</exception>
    public static void RequireApart(IReadOnlyList<(string File, string Place)> clips, string output)
    {
        var known = new Dictionary<string, string>(OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        foreach (var (file, place) in clips)
        {
            if (!known.TryAdd(place, file))
            {
                throw new ConfigurationException("command line", $"--out: the results of {known[place]} and of {file} would both go to {Path.Combine(output, place)}. Name one folder that holds both clips, or give each a run and an --out of its own.");
            }
        }
    }

    private static string PlaceOf(string folder, string file) =>
        Path.GetRelativePath(folder, file) is var relative && relative == "." ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) : Stem(relative);

    private static string Stem(string name) =>
        Array.Find(Extensions, extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase) && Path.GetFileName(name).Length > extension.Length) is { } known ? name[..^known.Length] : name;
}
