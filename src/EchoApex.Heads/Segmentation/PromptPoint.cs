namespace EchoApex.Heads.Segmentation;

/// <summary>A point of a prompt, in pixels; the centre of the first pixel is 0.</summary>
/// <param name="X">Column.</param>
/// <param name="Y">Row.</param>
/// <param name="Inside">Whether it lies in the structure; false for a place that does not belong to it.</param>
public readonly record struct PromptPoint(double X, double Y, bool Inside = true);
