using EchoApex.Core.Deidentification;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>
/// Gives each clip of a run a name of its own, and the key that follows from it, and finds what earlier runs have finished: the clip
/// of that name with that content. Scanners call their files alike on every medium, so a name alone says little: another content
/// under a known name is another clip, "NAME#2".
/// </summary>
internal sealed class ClipNames(Pseudonymizer pseudonyms, Func<string, ClipAudit?> find, Func<ClipAudit, bool> isDone)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Takes the first name that is free, or that an earlier run has given to this content.</summary>
    /// <param name="name">The clip's place in the input.</param>
    /// <param name="content">Tells its content from another's; asked only where an earlier run knew the name. Null where it cannot be read.</param>
    /// <returns>The name, its key, and what an earlier run made of the clip; null where it is to be looked at.</returns>
    public (string Name, string Key, ClipAudit? Done) Take(string name, Func<string?> content)
    {
        string? token = null;
        for (int number = 1; ; number++)
        {
            string own = number == 1 ? name : $"{name}#{number}";
            string key = "c" + pseudonyms.Token("clip", own, 20);
            if (_taken.Contains(key))
            {
                continue;
            }

            // What could not be read holds no name: it is looked at again.
            var audit = find(key) is { Decision: not IngestDecision.Failed } earlier ? earlier : null;
            token ??= audit is not null && content() is { } text ? ContentToken(pseudonyms, text) : null;
            if (audit is null || (token is not null && token == audit.Content))
            {
                _taken.Add(key);
                return (own, key, audit is not null && isDone(audit) ? audit : null);
            }
        }
    }

    /// <summary>What the audit keeps of a content: it can be compared, and neither undone nor tried out without the key.</summary>
    public static string ContentToken(Pseudonymizer pseudonyms, string content) => pseudonyms.Token("content", content, 20);
}
