namespace EchoApex.Heads.Reporting;

/// <summary>A node of a structured report's content tree (PS3.3 C.17.3).</summary>
/// <param name="Relationship">To its parent: CONTAINS, HAS CONCEPT MOD...; null for the root.</param>
/// <param name="Type">Value type: CONTAINER, CODE, NUM, TEXT, UIDREF, IMAGE, SCOORD.</param>
/// <param name="Concept">Its name; null where it needs none.</param>
internal sealed record ContentItem(string? Relationship, string Type, CodedConcept? Concept)
{
    public CodedConcept? Code { get; init; }

    public string? Text { get; init; }

    public double? Number { get; init; }

    public CodedConcept? Unit { get; init; }

    /// <summary>The image that an IMAGE item refers to.</summary>
    public ImageReference? Image { get; init; }

    /// <summary>Graphic type and columns and rows of an SCOORD item.</summary>
    public (string Type, float[] Data)? Graphic { get; init; }

    public IReadOnlyList<ContentItem> Children { get; init; } = [];

    public static ContentItem Container(string? relationship, CodedConcept concept, params IEnumerable<ContentItem> children) =>
        new(relationship, "CONTAINER", concept) { Children = [.. children] };

    public static ContentItem Coded(string relationship, CodedConcept concept, CodedConcept code) => new(relationship, "CODE", concept) { Code = code };

    public static ContentItem Sentence(string relationship, CodedConcept concept, string text) => new(relationship, "TEXT", concept) { Text = text };
}
