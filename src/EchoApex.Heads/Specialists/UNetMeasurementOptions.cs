using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Specialists;

/// <summary>Options of <see cref="UNetMeasurementTask"/>. Heat maps have the input's resolution: a cell is a pixel.</summary>
public sealed record UNetMeasurementOptions
{
    /// <summary>The network.</summary>
    public UNetOptions Network { get; init; } = new();

    /// <summary>Names of the points, one heat map each; a pair NAME_start, NAME_end is measured as a length NAME.</summary>
    [MinLength(1)]
    public IReadOnlyList<string> Landmarks { get; init; } = MeasurementHeadOptions.LeftVentricle;

    /// <summary>How a heat map becomes a point.</summary>
    public HeatmapDecoding Decoding { get; init; } = HeatmapDecoding.LocalSoftArgmax;

    /// <summary>Half side of the window around the peak, in pixels: as wide as that of <see cref="MeasurementHeadOptions"/> at its stride of 2.</summary>
    [Range(1, 32)]
    public int WindowRadius { get; init; } = 8;

    /// <summary>The loss. Sigma (ours: 3 pixels) and weight per cell (0.05) are those of <see cref="MeasurementOptions"/> at its stride of 2.</summary>
    public MeasurementLossOptions Loss { get; init; } = new() { Sigma = 3, CoordinateWeight = 0.05 };

    /// <summary>How training frames are varied.</summary>
    public FrameAugmentationOptions Augmentation { get; init; } = new();

    /// <summary>Views to use, as the set names them; empty uses every clip that has points or lengths.</summary>
    public IReadOnlyList<string> Views { get; init; } = [];

    /// <summary>Frames that go through the network at a time in an evaluation.</summary>
    [Range(1, 4096)]
    public int EvaluationBatch { get; init; } = 16;

    /// <summary>Frames in the picture "landmarks", spread over the split.</summary>
    [Range(1, 100)]
    public int PictureFrames { get; init; } = 12;

    /// <summary>Bootstrap samples behind each interval; 0 leaves intervals out.</summary>
    [Range(0, 1_000_000)]
    public int BootstrapDraws { get; init; } = 1000;
}
