namespace EchoApex.Core.Sources.Dicom;

/// <summary>Where the value of an element lies.</summary>
/// <param name="ValueRepresentation">Two letters; null in implicit syntax.</param>
/// <param name="Offset">First byte of the value in the byte source.</param>
/// <param name="Length">Bytes of the value, delimiters of an undefined length included.</param>
/// <param name="HasExplicitItems">Whether the items of a sequence carry value representations.</param>
internal readonly record struct DicomElement(string? ValueRepresentation, long Offset, long Length, bool HasExplicitItems);
