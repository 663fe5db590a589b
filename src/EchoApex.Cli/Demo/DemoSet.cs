using EchoApex.Core.Phantoms;

namespace EchoApex.Cli.Demo;

/// <summary>Phantom clips on disk, half written as DICOM and half as AVI, with their views.</summary>
/// <param name="Paths">Clip files.</param>
/// <param name="Labels">The view of each, an index into <see cref="ViewNames"/>.</param>
internal sealed record DemoSet(IReadOnlyList<string> Paths, IReadOnlyList<int> Labels)
{
    /// <summary>Names of the views, in the order of their labels.</summary>
    public static IReadOnlyList<string> ViewNames { get; } = Enum.GetNames<PhantomView>();

    /// <summary>Makes the clips. Clip i shows view i modulo the number of views.</summary>
    /// <param name="folder">Folder to make.</param>
    /// <param name="count">Clips.</param>
    /// <param name="seed">Seed of the phantoms.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    public static DemoSet Create(string folder, int count, ulong seed, DemoOptions options, CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        int dicom = count / 2;
        paths.AddRange(Write(Path.Combine(folder, "dicom"), dicom, seed, isDicom: true, options, cancellationToken));
        paths.AddRange(Write(Path.Combine(folder, "avi"), count - dicom, seed + 1, isDicom: false, options, cancellationToken));
        return new DemoSet(paths, [.. paths.Select(LabelOf)]);
    }

    private static string[] Write(string folder, int count, ulong seed, bool isDicom, DemoOptions options, CancellationToken cancellationToken)
    {
        PhantomSetWriter.Write(
            folder,
            new PhantomSetOptions
            {
                Count = count,
                Seed = seed,
                Dicom = isDicom,
                Avi = !isDicom,
                Truth = false,
                Clip = new PhantomOptions { ImageSize = options.Size, Frames = options.Frames, Difficulty = PhantomDifficulty.Easy },
            },
            cancellationToken: cancellationToken);
        return [.. Directory.EnumerateFiles(folder, isDicom ? "*.dcm" : "*.avi", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    // Files are named NUMBER-VIEW.
    private static int LabelOf(string path)
    {
        string view = Path.GetFileNameWithoutExtension(path).Split('-')[^1];
        return Enum.GetNames<PhantomView>().IndexOf(view) is var label and >= 0
            ? label
            : throw new InvalidOperationException($"{path} does not end in the name of a view.");
    }
}
