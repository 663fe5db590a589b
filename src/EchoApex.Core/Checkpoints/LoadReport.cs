namespace EchoApex.Core.Checkpoints;

/// <summary>What happened to every key when weights were loaded. All lists are in ordinal order.</summary>
public sealed record LoadReport
{
    /// <summary>Keys of the network that were filled from the file.</summary>
    public required IReadOnlyList<string> Loaded { get; init; }

    /// <summary>Keys of the network that the file lacks; they keep their values.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Keys that the file lacks and that the caller allowed to be missing; they were set to zero.</summary>
    public required IReadOnlyList<string> Zeroed { get; init; }

    /// <summary>Keys of the file that the network has not.</summary>
    public required IReadOnlyList<string> Unexpected { get; init; }

    /// <summary>Keys whose shapes differ; they keep their values.</summary>
    public required IReadOnlyList<MisshapenTensor> Misshapen { get; init; }

    /// <summary>Names in the file that were left out by design: heads, the student, optimizer state.</summary>
    public required IReadOnlyList<string> Dropped { get; init; }

    /// <summary>Loaded keys whose element type was converted, for instance from half precision.</summary>
    public required IReadOnlyList<string> Converted { get; init; }

    /// <summary>Whether every key of the network was found and none was left over.</summary>
    public bool IsComplete => Missing.Count == 0 && Unexpected.Count == 0 && Misshapen.Count == 0;

    /// <summary>The faults as text, each list cut after 20 names; empty when complete.</summary>
    public string DescribeFaults()
    {
        const int limit = 20;
        List<string> lines = [];
        if (Missing.Count > 0)
        {
            lines.Add($"  missing ({Missing.Count}): {Listing.Of(Missing, limit)}");
        }

        if (Unexpected.Count > 0)
        {
            lines.Add($"  unexpected ({Unexpected.Count}): {Listing.Of(Unexpected.Select(Listing.Name), limit)}");
        }

        if (Misshapen.Count > 0)
        {
            lines.Add($"  misshapen ({Misshapen.Count}): {Listing.Of(Misshapen.Select(tensor => tensor.ToString()), limit)}");
        }

        return string.Join(Environment.NewLine, lines);
    }
}
