namespace EchoApex.Core.Datasets.Annotated;

/// <summary>A place in a frame as it is stored, before any crop.</summary>
/// <param name="X">Column in pixels; the centre of the first column is 0.</param>
/// <param name="Y">Row in pixels; the centre of the first row is 0.</param>
public readonly record struct ImagePoint(double X, double Y);
