namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>How <see cref="PublicClipSets"/> reads a set that leaves a choice. What a set has not got is refused.</summary>
public sealed record PublicSetOptions
{
    /// <summary>
    /// EchoNet-Pediatric: the fold that tests, 0 to 9 (usual: 0). CAMUS: the number of its lists of patients, from 1 (usual: 1). TMED-2: the
    /// split table, 0 to 2 (usual: 0). Null takes the usual one.
    /// </summary>
    public int? Fold { get; init; }

    /// <summary>Only clips of this view, by its usual name, such as "A4C" where CAMUS says 4CH; null keeps all.</summary>
    public string? View { get; init; }
}
