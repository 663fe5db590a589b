namespace EchoApex.Core.Sources.Dicom;

/// <summary>What a file says of its view and stage (DICOM PS3.3 C.8.5.6 and C.7.6.22).</summary>
internal static class DicomViews
{
    /// <summary>The meaning of the view code, else the view's name; null when neither is given.</summary>
    public static string? View(IDicomElements elements) =>
        (elements.GetItems(DicomTags.ViewCodeSequence) is [var code, ..] ? code.GetString(DicomTags.CodeMeaning) : null)
        ?? elements.GetString(DicomTags.ViewName);

    /// <summary>The stage's name; null when it is not given.</summary>
    public static string? Stage(IDicomElements elements) => elements.GetString(DicomTags.StageName);
}
