using EchoApex.Core.Datasets.Annotated;

namespace EchoApex.Heads.Measurement;

/// <summary>A frame with predicted and true points, for <see cref="LandmarkSheet"/>.</summary>
/// <param name="Pixels">Gray bytes, Side x Side.</param>
/// <param name="Side">Side in pixels.</param>
/// <param name="Predicted">Predicted points in pixels of this picture.</param>
/// <param name="Truth">True points; those that are not known are absent.</param>
/// <param name="Caption">Text under the picture.</param>
public sealed record LandmarkPicture(
    ReadOnlyMemory<byte> Pixels, int Side, IReadOnlyDictionary<string, ImagePoint> Predicted, IReadOnlyDictionary<string, ImagePoint> Truth, string Caption);
