namespace EchoApex.Core.Datasets;

/// <summary>One clip of a list, with what is known of it.</summary>
/// <param name="Path">Full path of the clip.</param>
/// <param name="Label">Its label, such as the view.</param>
/// <param name="Group">What makes clips dependent: the patient where the list names one, else the clip itself.</param>
/// <param name="Masks">Full path of its label masks: .npy of bytes, frames x height x width of the clip; null for none.</param>
/// <param name="Line">Line of the list, from 1; 0 for a clip that comes from no file.</param>
public sealed record LabelledClip(string Path, string Label, string Group, string? Masks = null, int Line = 0);
