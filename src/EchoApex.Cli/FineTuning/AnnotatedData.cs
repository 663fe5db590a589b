using EchoApex.Core.Datasets.Annotated;

namespace EchoApex.Cli.FineTuning;

/// <summary>Opens the data sets that a command names.</summary>
internal static class AnnotatedData
{
    /// <summary>Reads each folder and makes one set of all.</summary>
    public static AnnotatedClipSet Open(IEnumerable<string> folders) => AnnotatedClipSet.Merge([.. folders.Select(folder => PhantomClipSet.Read(folder))]);

    /// <summary>Says on the error output what was left out of a set, the first of many.</summary>
    public static void ReportSkipped(AnnotatedClipSet set)
    {
        const int Shown = 10;
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
