using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Heads.Studies;

/// <summary>A clip that a study consists of, not yet opened.</summary>
/// <param name="Name">Its name for people.</param>
/// <param name="Path">Its file; null for a clip in memory.</param>
/// <param name="Open">Opens it.</param>
internal sealed record StudyInput(string Name, string? Path, Func<EchoClip> Open)
{
    /// <summary>The clips of a folder (with the files that its DICOMDIR lists, where it has one), of a DICOMDIR, or a single file.</summary>
    /// <exception cref="DataException">There is none.</exception>
    public static IReadOnlyList<StudyInput> Find(string path)
    {
        string directory = System.IO.Path.Combine(path, "DICOMDIR");
        string root = Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        string[] files = DicomDirectory.Is(path) ? [.. DicomDirectory.Images(path)]
            : DicomDirectory.Is(directory) ? [.. DicomDirectory.Images(directory)]
            : Directory.Exists(path) ? [.. Files(path)]
            : File.Exists(path) ? [path]
            : throw new DataException(path, "the study does not exist. Name a folder of clips, a DICOMDIR or a clip.");
        return files.Length > 0
            ? [.. files.Select(file => new StudyInput(System.IO.Path.GetRelativePath(root, file).Replace('\\', '/'), file, () => ClipReader.Open(file)))]
            : throw new DataException(path, "holds no clip: no DICOM, video or picture was found in it.");
    }

    // A DICOM file whose head is damaged is not known as a clip: a file called so is listed all the same, so that the report names it.
    private static IEnumerable<string> Files(string folder) => new FolderWalk().Run(folder)
        .Where(found => found.IsClip || (found.Path.EndsWith(".dcm", StringComparison.Ordinal) && !System.IO.Path.GetFileName(found.Path).StartsWith('.')))
        .Select(found => found.Path)
        .Order(StringComparer.Ordinal);

    /// <summary>Clips in memory.</summary>
    public static IReadOnlyList<StudyInput> Of(IReadOnlyList<EchoClip> clips) =>
        [.. clips.Select(clip => new StudyInput(System.IO.Path.GetFileName(clip.Origin.Path), File.Exists(clip.Origin.Path) ? clip.Origin.Path : null, () => clip))];
}
