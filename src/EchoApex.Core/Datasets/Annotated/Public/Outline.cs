namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>A traced outline of the left ventricle in one frame of a video.</summary>
/// <param name="Frame">The frame, from 0.</param>
/// <param name="Corners">The outline, closed by its first corner.</param>
internal sealed record Outline(int Frame, IReadOnlyList<ImagePoint> Corners)
{
    /// <summary>Structures of masks that are drawn from outlines.</summary>
    public static IReadOnlyList<string> Structures { get; } = ["background", "left_ventricle"];

    /// <summary>Area in square pixels.</summary>
    public double Area { get; } = PolygonMask.Area(Corners);

    /// <summary>
    /// A clip with its outlines: masks are drawn when they are needed, in the size of the video itself; of two or more frames the
    /// largest outline is end diastole and the smallest end systole, whatever their order in the table.
    /// </summary>
    public static AnnotatedClip AddTo(AnnotatedClip clip, IReadOnlyList<Outline> outlines)
    {
        if (outlines.Count == 0)
        {
            return clip;
        }

        var size = new Lazy<(int Height, int Width)>(() => VideoFrameSize.Read(clip.Path), LazyThreadSafetyMode.PublicationOnly);
        bool isCycle = outlines.Count > 1;
        return clip with
        {
            EndDiastolicFrame = isCycle ? outlines.MaxBy(outline => outline.Area)!.Frame : null,
            EndSystolicFrame = isCycle ? outlines.MinBy(outline => outline.Area)!.Frame : null,
            Frames = [.. outlines.OrderBy(outline => outline.Frame).Select(outline => new FrameAnnotation
            {
                Frame = outline.Frame,
                Mask = () => PolygonMask.Draw(outline.Corners, size.Value.Height, size.Value.Width),
            })],
        };
    }
}
