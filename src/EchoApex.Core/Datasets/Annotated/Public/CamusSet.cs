using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>
/// Reads CAMUS (Lyon): apical two- and four-chamber half cycles of 500 patients with masks of left ventricle, myocardium and left
/// atrium, in the NIfTI release (database_nifti, every frame of a half cycle traced) and in the older MetaImage release (training and
/// testing folders, end diastole and end systole traced).
/// </summary>
/// <remarks>
/// Handled: .nii and .nii.gz, .mhd with .raw or .zraw; frames that count from 1 in Info_*.cfg; old keys (LVef, LVedv, LVesv) and new
/// ones; sequences that run from end systole to end diastole, whose order is kept; masks scaled to 0 and 255 or by 85; patients of
/// the testing folder, whose numbers begin at 1 again and who have no masks; patients without a sequence, whose two pictures become a
/// clip of two frames. Pixel sizes are in the files. Layout after vitalab/vital, vital/data/camus.
/// </remarks>
public static class CamusSet
{
    internal const string Name = "CAMUS";
    private static readonly string[] Views = ["4CH", "2CH"];
    private static readonly string[] Structures = ["background", "left_ventricle", "left_ventricular_myocardium", "left_atrium"];

    /// <summary>Reads the set: the headers of its sequences, no pixels.</summary>
    /// <param name="folder">The folder into which the set was unpacked, or one above it.</param>
    /// <param name="fold">
    /// Which lists of patients to use where the set has numbered ones (listSubGroups/subGroupN_*.txt), from 1; the NIfTI release has one
    /// without number (database_split/subgroup_*.txt). Without lists patients 1 to 400 train, 401 to 450 validate, 451 to 500 and the
    /// testing folder test.
    /// </param>
    /// <param name="view">"A2C" or "A4C" for one view only; null reads both.</param>
    /// <exception cref="DataException">There is no such set, a list is not what it should be, or no clip can be used.</exception>
    public static AnnotatedClipSet Read(string folder, int fold = 1, string? view = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fold);
        var listing = SetFolder.List(folder);
        string[] patients = [.. Patients(listing)];
        if (patients.Length == 0)
        {
            throw new DataException(folder, "holds no CAMUS: there is no folder patient0001 or the like with files called ..._4CH_... or ..._2CH_... Name the folder that holds database_nifti, or training and testing.");
        }

        var builder = new ClipSetBuilder(Name, folder);
        var split = CamusSplit.Read(listing, fold, builder);
        foreach (string patient in patients)
        {
            foreach (string chamber in Views.Where(name => view is null || CamusClip.ViewOf(name).Equals(view, StringComparison.OrdinalIgnoreCase)))
            {
                builder.Try(() =>
                {
                    if (CamusClip.Read(patient, chamber, split.Of(patient), builder) is { } clip)
                    {
                        builder.Add(clip);
                    }
                });
            }
        }

        builder.Count(builder.Clips.Count(clip => clip.EndDiastolicFrame > clip.EndSystolicFrame), "sequences run from end systole to end diastole; their frames are as stored.");
        return builder.Build(Structures);
    }

    /// <summary>The patients' folders; their files say CAMUS.</summary>
    internal static IEnumerable<string> Patients(SetFolder listing) =>
        listing.Folders.Where(folder => SetFolder.IsPatient(folder) && Views.Any(view => Directory.EnumerateFiles(folder, $"{Path.GetFileName(folder)}_{view}_*").Any()));
}
