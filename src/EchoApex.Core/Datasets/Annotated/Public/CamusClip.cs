using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.MetaImage;
using EchoApex.Core.Sources.Nifti;
using EchoApex.Core.Sources.Volumes;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>One view of one patient of CAMUS.</summary>
internal static class CamusClip
{
    private const byte Highest = 3;
    private static readonly string[] Extensions = [".nii.gz", ".nii", ".mhd"];
    private static readonly string[] Sequences = ["half_sequence", "sequence"];

    /// <summary>"A2C" for "2CH", "A4C" for "4CH".</summary>
    public static string ViewOf(string chamber) => $"A{chamber[0]}C";

    /// <summary>Reads a view; null when the patient has no file of it.</summary>
    /// <exception cref="DataException">A header or the description is damaged, or the view has neither a sequence nor two pictures.</exception>
    public static AnnotatedClip? Read(string patient, string chamber, DataSplit split, ClipSetBuilder builder)
    {
        var files = new ViewFiles(patient, chamber);
        string? sequence = Sequences.Select(files.Find).FirstOrDefault(path => path is not null);
        string? diastole = files.Find("ED"), systole = files.Find("ES");
        if (sequence is null && diastole is null && systole is null)
        {
            return null;
        }

        string config = Path.Combine(patient, $"Info_{chamber}.cfg");
        var info = CamusInfo.Read(config);
        if (info is null)
        {
            builder.Note($"There is no {config}: the clip has no ejection fraction and no frames of end diastole and end systole but what its files' names say.");
        }

        string name = (CamusSplit.IsTesting(patient) ? "testing-" : "") + Path.GetFileName(patient);
        var clip = new AnnotatedClip
        {
            Name = $"{name}_{chamber}",
            Path = sequence ?? diastole ?? systole!,
            Patient = name,
            Split = split,
            View = ViewOf(chamber),
            EjectionFraction = info?.Number("EF", "LVef"),
            EndDiastolicVolumeMl = info?.Number("EDV", "LVedv"),
            EndSystolicVolumeMl = info?.Number("ESV", "LVesv"),
            Source = info is null ? patient : config,
        };
        return sequence is not null ? WithSequence(clip, sequence, files, info) : WithPictures(clip, files, diastole, systole);
    }

    private static AnnotatedClip WithSequence(AnnotatedClip clip, string path, ViewFiles files, CamusInfo? info)
    {
        int frames = Header(path).FrameCount;
        int? diastole = info?.Frame("ED", frames), systole = info?.Frame("ES", frames);
        var masks = new SortedDictionary<int, Func<LabelMask>>();
        if (Sequences.Select(sequence => files.Find(sequence + "_gt")).FirstOrDefault(found => found is not null) is { } traced)
        {
            int count = Header(traced).FrameCount;
            if (count != frames)
            {
                throw new DataException(traced, $"has {count} frames, its sequence {path} has {frames}. Get both files again.");
            }

            for (int i = 0; i < frames; i++)
            {
                int frame = i;
                masks[i] = () => Mask(traced, frame);
            }
        }
        else
        {
            Add("ED_gt", diastole);
            Add("ES_gt", systole);
        }

        return clip with
        {
            EndDiastolicFrame = diastole,
            EndSystolicFrame = systole,
            Frames = [.. masks.Select(mask => new FrameAnnotation { Frame = mask.Key, Mask = mask.Value })],
        };

        void Add(string moment, int? frame)
        {
            if (frame is { } place && files.Find(moment) is { } file)
            {
                masks[place] = () => Mask(file, 0);
            }
        }
    }

    // Without a sequence the pictures of the two moments are the clip.
    private static AnnotatedClip WithPictures(AnnotatedClip clip, ViewFiles files, string? diastole, string? systole)
    {
        var paths = new List<string>();
        var frames = new List<FrameAnnotation>();
        int? Add(string? picture, string moment)
        {
            if (picture is null)
            {
                return null;
            }

            int frame = paths.Count;
            paths.Add(picture);
            if (files.Find(moment) is { } mask)
            {
                frames.Add(new FrameAnnotation { Frame = frame, Mask = () => Mask(mask, 0) });
            }

            return frame;
        }

        return clip with { EndDiastolicFrame = Add(diastole, "ED_gt"), EndSystolicFrame = Add(systole, "ES_gt"), FramePaths = paths, Frames = frames };
    }

    private static VolumeHeader Header(string path) => MetaImageFile.HasName(path) ? MetaImageFile.ReadHeader(path) : NiftiFile.ReadHeader(path);

    // Copies of the set were saved as pictures for the eye: 0 and 255, or 0, 85, 170, 255.
    private static LabelMask Mask(string path, int frame)
    {
        var volume = LabelVolume.Open(path);
        byte[] labels = volume.ReadLabels(frame);
        Span<bool> seen = stackalloc bool[256];
        foreach (byte label in labels)
        {
            seen[label] = true;
        }

        int highest = seen.LastIndexOf(true);
        if (highest > Highest)
        {
            bool isBinary = highest == 255 && !seen[1..255].Contains(true);
            for (int i = 1; i < 256; i++)
            {
                if (seen[i] && !isBinary && i % 85 != 0)
                {
                    throw new DataException(path, $"holds the label {i}; CAMUS has 0 to {Highest}, copies of it 0 and 255 or 0, 85, 170, 255. Get the file again.", frame);
                }
            }

            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = isBinary ? (byte)(labels[i] & 1) : (byte)(labels[i] / 85);
            }
        }

        return new LabelMask(labels, volume.Height, volume.Width);
    }

    private sealed class ViewFiles(string patient, string chamber)
    {
        public string? Find(string what) => Extensions
            .Select(extension => Path.Combine(patient, $"{Path.GetFileName(patient)}_{chamber}_{what}{extension}"))
            .FirstOrDefault(File.Exists);
    }
}
