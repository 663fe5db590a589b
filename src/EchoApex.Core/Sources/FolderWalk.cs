using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Sources.MetaImage;
using EchoApex.Core.Sources.Nifti;
using EchoApex.Core.Sources.Video;

namespace EchoApex.Core.Sources;

/// <summary>
/// One walk over a folder, all levels deep, that tells clips from other files. Links to folders are followed, each folder is entered
/// once however many links lead to it. A folder that cannot be listed is named as a clip, so that opening it reports the reason: one
/// folder out of reach must not end the walk.
/// </summary>
/// <param name="except">Folders that are not entered.</param>
internal sealed class FolderWalk(params string[] except)
{
    private readonly HashSet<string> _entered = new(except.Select(RealPath.Of), StringComparer.FromComparison(RealPath.Comparison));

    /// <summary>The clips of <see cref="Run"/>.</summary>
    /// <exception cref="DataException">The folder does not exist.</exception>
    public IEnumerable<string> Clips(string folder) => Directory.Exists(folder)
        ? Run(folder).Where(found => found.IsClip).Select(found => found.Path)
        : throw new DataException(folder, "the folder does not exist.");

    /// <summary>
    /// Files in ordinal order, level by level, and folders of frames, each as one clip in place of its pictures. Hidden files are no
    /// clips, hidden folders are not entered.
    /// </summary>
    public IEnumerable<(string Path, bool IsClip)> Run(string folder)
    {
        string real = RealPath.Of(folder);
        return _entered.Add(real) ? Walk(folder, real) : [];
    }

    private IEnumerable<(string Path, bool IsClip)> Walk(string folder, string real)
    {
        if (List(folder) is not var (files, folders))
        {
            yield return (folder, true);
            yield break;
        }

        bool isClip = files.Where(IsVisible).Any(IsFrame);
        if (isClip)
        {
            yield return (folder, true);
        }

        // Files and folders of one level in one order, so that the sequence does not depend on the file system.
        foreach (var (path, isFolder) in files.Select(path => (path, false)).Concat(folders.Select(path => (path, true))).OrderBy(entry => entry.path, StringComparer.Ordinal))
        {
            if (!isFolder)
            {
                if (!(isClip && IsVisible(path) && PictureClipSource.IsPicture(path)))
                {
                    yield return (path, IsVisible(path) && LooksLikeClip(path));
                }
            }
            else if (IsVisible(path) && Enter(path, real) is { } target)
            {
                foreach (var found in Walk(path, target))
                {
                    yield return found;
                }
            }
        }
    }

    private static (string[] Files, string[] Folders)? List(string folder)
    {
        try
        {
            return (Directory.GetFiles(folder), Directory.GetDirectories(folder));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Where a folder really is; null when the walk has been there. Only links need to be asked where they lead.
    private string? Enter(string path, string parent)
    {
        string here = Path.Combine(parent, Path.GetFileName(path));
        string real = new DirectoryInfo(path).LinkTarget is null ? here : RealPath.Of(here);
        return _entered.Add(real) ? real : null;
    }

    private static bool IsFrame(string path) =>
        PictureClipSource.IsPicture(path) && Path.GetFileName(path).StartsWith("frame", StringComparison.OrdinalIgnoreCase);

    private static bool IsVisible(string path) =>
        Path.GetFileName(path) is var name && !name.StartsWith('.') && !name.Equals("DICOMDIR", StringComparison.OrdinalIgnoreCase)
        && !(Path.GetFileName(path).Split('.')[0].EndsWith("_gt", StringComparison.Ordinal) && (NiftiFile.HasName(path) || MetaImageFile.HasName(path)));

    private static bool LooksLikeClip(string path)
    {
        if (PictureClipSource.IsPicture(path) || VideoContainer.IsVideo(path))
        {
            return true;
        }

        try
        {
            byte[] head = ClipReader.ReadHead(path);
            return ClipReader.Sources.Any(source => source.Recognizes(path, head));
        }
        catch (DataException)
        {
            // Listed, so that opening it reports the reason: one file out of reach must not end the walk.
            return true;
        }
    }
}
