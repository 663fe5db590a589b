using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>Reads any data set that EchoApex knows, by name or by what its folder holds.</summary>
public static class PublicClipSets
{
    private static readonly Kind[] Kinds =
    [
        new("phantoms", IsPhantoms, HasFolds: false, (folder, _) => PhantomClipSet.Read(folder)),
        new("echonet-dynamic", folder => EchoNetDynamicSet.Lists(folder).Any(), HasFolds: false, (folder, _) => EchoNetDynamicSet.Read(folder)),
        new("echonet-lvh", folder => folder.Named("MeasurementsList.csv").Any(), HasFolds: false, (folder, _) => EchoNetLvhSet.Read(folder)),
        new("echonet-pediatric", folder => EchoNetPediatricSet.Lists(folder).Any(), HasFolds: true, (folder, options) => EchoNetPediatricSet.Read(folder, options.Fold ?? 0, options.View)),
        new("camus", folder => CamusSet.Patients(folder).Any(), HasFolds: true, (folder, options) => CamusSet.Read(folder, options.Fold ?? 1, options.View)),
        new("tmed2", folder => Tmed2Set.Tables(folder).Any(), HasFolds: true, (folder, options) => Tmed2Set.Read(folder, options.Fold ?? 0)),
        new("unity", folder => UnitySet.Labels(folder).Any() && folder.FoldersNamed("png-cache").Any(), HasFolds: false, (folder, _) => UnitySet.Read(folder)),
    ];

    /// <summary>Names of the sets: "phantoms", "echonet-dynamic", "echonet-lvh", "echonet-pediatric", "camus", "tmed2", "unity".</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>The name of the set that a folder holds, by its tables and folders; null for none that is known.</summary>
    /// <param name="folder">The folder into which a set was unpacked, or one above it.</param>
    /// <exception cref="DataException">The folder does not exist, or holds several sets.</exception>
    public static string? Detect(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var listing = SetFolder.List(folder);
        string[] found = [.. Kinds.Where(kind => kind.IsIn(listing)).Select(kind => kind.Name)];
        return found.Length <= 1
            ? found.FirstOrDefault()
            : throw new DataException(folder, $"holds several data sets ({string.Join(", ", found)}). Name the folder of one of them, or say which one to read.");
    }

    /// <summary>Reads a set.</summary>
    /// <param name="folder">The folder into which the set was unpacked, or one above it.</param>
    /// <param name="name">One of <see cref="Names"/>; null takes the one that <see cref="Detect"/> finds.</param>
    /// <param name="options">What to read of sets that leave a choice; null for the usual.</param>
    /// <exception cref="DataException">The folder holds no such set, or no clip can be used.</exception>
    /// <exception cref="EchoApexException">The name is not known, or an option is not one of the set.</exception>
    public static AnnotatedClipSet Read(string folder, string? name = null, PublicSetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new PublicSetOptions();
        name ??= Detect(folder)
            ?? throw new DataException(folder, $"holds none of the data sets that EchoApex reads ({string.Join(", ", Names)}). Name the folder into which one was unpacked; docs/datasets.md shows what each looks like.");
        var kind = Array.Find(Kinds, kind => kind.Name == name)
            ?? throw new EchoApexException($"There is no data set '{name}'; EchoApex reads {string.Join(", ", Names)}.");
        if (options.Fold is not null && !kind.HasFolds)
        {
            throw new EchoApexException($"The data set '{name}' has no folds, but fold {options.Fold} is asked for. Leave the fold out.");
        }

        if (options.Fold is < 0 || (options.Fold >= EchoNetPediatricSet.Folds && name == "echonet-pediatric") || (options.Fold == 0 && name == "camus"))
        {
            throw new EchoApexException($"The data set '{name}' has no fold {options.Fold}. Folds are 0 to 9 for echonet-pediatric, from 1 for camus, 0 to 2 for tmed2.");
        }

        return OfView(kind.Read(folder, options), folder, options.View);
    }

    private static AnnotatedClipSet OfView(AnnotatedClipSet set, string folder, string? view)
    {
        if (view is null)
        {
            return set;
        }

        AnnotatedClip[] clips = [.. set.Clips.Where(clip => view.Equals(clip.View, StringComparison.OrdinalIgnoreCase))];
        return clips.Length > 0
            ? set with { Clips = clips }
            : throw new DataException(folder, $"holds no clip of view '{view}'; there are {string.Join(", ", set.Clips.Select(clip => clip.View ?? "clips without view").Distinct().Order(StringComparer.Ordinal))}.");
    }

    private static bool IsPhantoms(SetFolder folder) =>
        Path.Combine(folder.Root, "manifest.csv") is var manifest && File.Exists(manifest) && new[] { "dicom", "avi", "truth", "masks" }.All(SetFolder.Header(manifest).Contains);

    private sealed record Kind(string Name, Func<SetFolder, bool> IsIn, bool HasFolds, Func<string, PublicSetOptions, AnnotatedClipSet> Read);
}
