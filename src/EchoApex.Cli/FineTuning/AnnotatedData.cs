using System.CommandLine;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;

namespace EchoApex.Cli.FineTuning;

/// <summary>Opens the data sets that a command names.</summary>
internal static class AnnotatedData
{
    /// <summary>Option of a command: the folders.</summary>
    public static Option<string[]> Folders() => new("--data")
    {
        Description = $"Folder of a data set; several make a mixture. It is known by what it holds: {string.Join(", ", PublicClipSets.Names)}.",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>Option of a command: the fold.</summary>
    public static Option<int?> Fold() => new("--fold") { Description = "Fold of sets that have some: echonet-pediatric 0 to 9, camus from 1, tmed2 0 to 2." };

    /// <summary>Option of a command: the view.</summary>
    public static Option<string?> View() => new("--view") { Description = "Only clips of this view, as docs/datasets.md names it: A4C, A2C, PLAX..." };

    /// <summary>Reads each folder, whichever of the known sets it holds, and makes one set of all.</summary>
    public static AnnotatedClipSet Open(IEnumerable<string> folders, int? fold = null, string? view = null) =>
        AnnotatedClipSet.Merge([.. folders.Select(folder => PublicClipSets.Read(folder, options: new PublicSetOptions { Fold = fold, View = view }))]);

    /// <summary>Says on the error output what was decided in reading a set and what was left out of it, the first of many.</summary>
    public static void ReportSkipped(AnnotatedClipSet set)
    {
        const int Shown = 10;
        foreach (string note in set.Notes)
        {
            Console.Error.WriteLine($"{set.Name}: {note}");
        }

        foreach (var skipped in set.Skipped.Take(Shown))
        {
            Console.Error.WriteLine($"left out of {set.Name}: {skipped.Path}: {skipped.Reason}");
        }

        if (set.Skipped.Count > Shown)
        {
            Console.Error.WriteLine($"left out of {set.Name}: {set.Skipped.Count - Shown} more");
        }
    }
}
