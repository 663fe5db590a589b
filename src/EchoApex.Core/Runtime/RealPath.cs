namespace EchoApex.Core.Runtime;

/// <summary>Paths by what they lead to: absolute, without a separator at the end, links followed.</summary>
internal static class RealPath
{
    // As many as Linux follows; links that lead into themselves end here.
    private const int MostLinks = 40;

    /// <summary>Case counts where the file system of the platform usually says so.</summary>
    public static StringComparison Comparison { get; } =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>The place that a path leads to; parts that do not exist stay as they are.</summary>
    public static string Of(string path) => Of(path, MostLinks);

    /// <summary>Whether a path is a folder or lies below it, at any depth.</summary>
    public static bool IsWithin(string path, string folder)
    {
        string inner = Of(path), outer = Of(folder);
        return inner.Equals(outer, Comparison)
            || inner.StartsWith(Path.EndsInDirectorySeparator(outer) ? outer : outer + Path.DirectorySeparatorChar, Comparison);
    }

    private static string Of(string path, int links)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent)
        {
            return full;
        }

        string here = Path.Combine(Of(parent, links), Path.GetFileName(full));
        try
        {
            return links > 0 && new DirectoryInfo(here).ResolveLinkTarget(returnFinalTarget: true) is { } target ? Of(target.FullName, links - 1) : here;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return here;
        }
    }
}
