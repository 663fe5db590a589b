using EchoApex.Core.Datasets;
using EchoApex.Core.Phantoms;

namespace EchoApex.Cli.Demo;

/// <summary>Phantom clips on disk, half written as DICOM and half as AVI, with their views as labels.</summary>
internal static class DemoSet
{
    /// <summary>Names of the views, in the order of tables and maps.</summary>
    public static IReadOnlyList<string> ViewNames { get; } = Enum.GetNames<PhantomView>();

    /// <summary>Makes the clips. Clip i shows view i modulo the number of views.</summary>
    /// <param name="folder">Folder to make.</param>
    /// <param name="count">Clips.</param>
    /// <param name="seed">Seed of the phantoms.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    public static LabelledClipList Create(string folder, int count, ulong seed, DemoOptions options, CancellationToken cancellationToken)
    {
        int dicom = count / 2;
        var first = Write(Path.Combine(folder, "dicom"), dicom, seed, isDicom: true, options, cancellationToken);
        var second = Write(Path.Combine(folder, "avi"), count - dicom, seed + 1, isDicom: false, options, cancellationToken);
        return LabelledClipList.Create(folder, [.. first.Clips, .. second.Clips]);
    }

    private static LabelledClipList Write(string folder, int count, ulong seed, bool isDicom, DemoOptions options, CancellationToken cancellationToken)
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
        return LabelledClipList.Read(Path.Combine(folder, "manifest.csv"));
    }
}
