namespace EchoApex.Core.Phantoms;

/// <summary>A point of the anatomy in one frame.</summary>
/// <param name="Name">Its name, such as "apex" or "lvid_start"; see <see cref="PhantomTruth.Landmarks"/>.</param>
/// <param name="X">Column in pixels; the centre of the first column is 0.</param>
/// <param name="Y">Row in pixels; the centre of the first row is 0.</param>
/// <param name="InSector">Whether the point lies inside the image sector.</param>
public sealed record PhantomLandmark(string Name, double X, double Y, bool InSector);
