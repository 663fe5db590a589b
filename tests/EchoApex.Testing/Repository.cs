namespace EchoApex.Testing;

/// <summary>Finds files of the repository from wherever the tests run.</summary>
public static class Repository
{
    /// <summary>The repository's root folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of the reference cases.</summary>
    public static string Golden => Path.Combine(Root, "tests", "golden");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "EchoApex.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("EchoApex.sln was not found above " + AppContext.BaseDirectory);
    }
}
