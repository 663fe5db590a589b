using EchoApex.Core.Datasets.Annotated;

namespace EchoApex.Heads.Studies;

/// <summary>The outline of a structure in a frame.</summary>
/// <param name="Structure">Its name, such as "left_ventricle".</param>
/// <param name="Points">The closed outline, in pixels of the frame.</param>
public sealed record KeyContour(string Structure, IReadOnlyList<ImagePoint> Points);
