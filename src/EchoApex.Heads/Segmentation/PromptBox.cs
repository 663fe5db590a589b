namespace EchoApex.Heads.Segmentation;

/// <summary>A box of a prompt, in pixels: the centres of its corner pixels; the centre of the first pixel is 0.</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Right">Last column.</param>
/// <param name="Bottom">Last row.</param>
public readonly record struct PromptBox(double Left, double Top, double Right, double Bottom);
