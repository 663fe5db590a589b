using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;

namespace EchoApex.Cli.FineTuning;

/// <summary>Opens the data sets that a command names.</summary>
internal static class AnnotatedData
{
    /// <summary>Reads each folder, whichever of the known sets it holds, and makes one set of all.</summary>
    public static AnnotatedClipSet Open(IEnumerable<string> folders) => AnnotatedClipSet.Merge([.. folders.Select(folder => PublicClipSets.Read(folder))]);

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
