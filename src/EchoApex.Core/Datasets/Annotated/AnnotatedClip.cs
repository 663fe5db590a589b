using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Datasets.Annotated;

/// <summary>A clip with what its data set says of it. What the set does not say stays null, never a made-up value.</summary>
public sealed record AnnotatedClip
{
    /// <summary>Name within the set, unique.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// File to open with <see cref="Sources.ClipReader"/>. For sets that keep every frame as a file of its own it is the first;
    /// see <see cref="FramePaths"/>.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The files of the clip's frames in order, for sets that keep one file a frame; empty otherwise.</summary>
    public IReadOnlyList<string> FramePaths { get; init; } = [];

    /// <summary>The patient: never in two splits, and the unit of few-shot sampling and of confidence intervals.</summary>
    public required string Patient { get; init; }

    /// <summary>What the clip is used for.</summary>
    public required DataSplit Split { get; init; }

    /// <summary>Place of its set among those of <see cref="AnnotatedClipSet.Merge"/>; 0 for a set by itself.</summary>
    public int Set { get; init; }

    /// <summary>
    /// The structures that masks of the clip draw, of a set that was merged with others; null: all of its set. What is not among them is
    /// not known to be absent.
    /// </summary>
    public IReadOnlyList<string>? DrawnStructures { get; init; }

    /// <summary>View, as the set calls it; null where it says none.</summary>
    public string? View { get; init; }

    /// <summary>Ejection fraction in percent; null where the set says none.</summary>
    public double? EjectionFraction { get; init; }

    /// <summary>End-diastolic volume of the left ventricle in ml.</summary>
    public double? EndDiastolicVolumeMl { get; init; }

    /// <summary>End-systolic volume of the left ventricle in ml.</summary>
    public double? EndSystolicVolumeMl { get; init; }

    /// <summary>The frame of end diastole, from 0.</summary>
    public int? EndDiastolicFrame { get; init; }

    /// <summary>The frame of end systole, from 0.</summary>
    public int? EndSystolicFrame { get; init; }

    /// <summary>Size of a pixel where the set says it; it goes before what the clip's file says.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>What is known of single frames, by frame, ascending; empty for none.</summary>
    public IReadOnlyList<FrameAnnotation> Frames { get; init; } = [];

    /// <summary>Where the set describes the clip, for messages: file and line.</summary>
    public string Source { get; init; } = "";

    /// <summary>
    /// Opens the clip: its file, or its frames' files as one clip, with the set's spacing where it gives one. What the set says of
    /// frames is checked here, not when the set is read: that would open every file of it.
    /// </summary>
    /// <exception cref="DataException">A file cannot be read, frames differ in size, or the set speaks of a frame that the clip has not.</exception>
    public EchoClip Open()
    {
        var clip = FramePaths.Count > 1 ? FrameFiles.Open(FramePaths) : ClipReader.Open(Path);
        int last = Frames.Select(frame => frame.Frame).Append(EndDiastolicFrame ?? 0).Append(EndSystolicFrame ?? 0).Max();
        if (last >= clip.FrameCount)
        {
            throw new DataException(Path, $"has {clip.FrameCount} frames, but {(Source.Length > 0 ? Source : "its set")} speaks of frame {last} (the first is 0). Get the file again; if it is whole, correct or remove the set's line.");
        }

        return Spacing is { } spacing ? clip.WithFrames(new ClipFrames(clip), null, spacing, clip.Regions) : clip;
    }

    // A clip's frames under another description.
    private sealed class ClipFrames(EchoClip clip) : IFrameStore
    {
        public int FrameCount => clip.FrameCount;

        public int Height => clip.Height;

        public int Width => clip.Width;

        public int Channels => clip.Channels;

        public void ReadFrame(int index, Span<byte> destination) => clip.ReadFrame(index, destination);
    }
}
