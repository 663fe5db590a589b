using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Tasks;

/// <summary>What stays the same over the frames of a clip that was opened for a task.</summary>
public sealed record PreparedClip
{
    /// <summary>The clip and what its data set says of it.</summary>
    public required AnnotatedClip Clip { get; init; }

    /// <summary>Frames of the file.</summary>
    public required int FrameCount { get; init; }

    /// <summary>Rows of a frame as it is stored.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of a frame as it is stored.</summary>
    public required int Width { get; init; }

    /// <summary>How frame and input belong together.</summary>
    public required FrameGeometry Geometry { get; init; }

    /// <summary>Size of a pixel of the stored frame: what the set says, else what the file says, else null.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>Time of each frame in ms; null where the file says none.</summary>
    public IReadOnlyList<double>? FrameTimesMs { get; init; }

    /// <summary>Heart rate in beats a minute; null where the file says none.</summary>
    public double? HeartRateBpm { get; init; }
}
