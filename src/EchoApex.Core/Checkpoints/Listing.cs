namespace EchoApex.Core.Checkpoints;

/// <summary>Long lists in messages: the first few, and how many more.</summary>
internal static class Listing
{
    public static string Of(IEnumerable<string> items, int limit)
    {
        string[] all = [.. items];
        return all.Length switch
        {
            0 => "nothing",
            _ when all.Length <= limit => string.Join(", ", all),
            _ => $"{string.Join(", ", all[..limit])} and {all.Length - limit} more",
        };
    }

    /// <summary>A name from a file for a message: control characters shown as '?', long ones cut.</summary>
    public static string Name(string name)
    {
        const int limit = 120;
        string clean = string.Concat(name.Take(limit).Select(c => char.IsControl(c) ? '?' : c));
        return name.Length > limit ? clean + "…" : clean;
    }
}
