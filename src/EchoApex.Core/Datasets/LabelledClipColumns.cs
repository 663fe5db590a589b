namespace EchoApex.Core.Datasets;

/// <summary>What the columns of a list of clips are called. A name that is given must be there; null takes the usual one.</summary>
public sealed record LabelledClipColumns
{
    /// <summary>The clip's path. Usual: "path"; in the manifest of a phantom set "dicom", and "avi" where that is empty.</summary>
    public string? Path { get; init; }

    /// <summary>The clip's label. Usual: "label"; in the manifest of a phantom set "view".</summary>
    public string? Label { get; init; }

    /// <summary>The clip's masks. Usual: "masks", which may be missing.</summary>
    public string? Masks { get; init; }

    /// <summary>The clip's patient. Usual: "patient", which may be missing: each clip is then a group of its own.</summary>
    public string? Group { get; init; }
}
