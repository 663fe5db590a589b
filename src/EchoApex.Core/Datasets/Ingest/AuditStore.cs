namespace EchoApex.Core.Datasets.Ingest;

/// <summary>The audits of an output folder, one file a clip, spread over 256 folders. Those of earlier runs are read once, when it is made.</summary>
internal sealed class AuditStore
{
    private readonly string _folder;
    private readonly Dictionary<string, ClipAudit> _audits = new(StringComparer.Ordinal);

    /// <param name="folder">The output folder.</param>
    /// <param name="workers">Threads that read.</param>
    public AuditStore(string folder, int workers)
    {
        _folder = Path.Combine(folder, "audit");
        if (Directory.Exists(_folder))
        {
            // One that is not whole counts as none: its clip is looked at again.
            foreach (var audit in Directory.EnumerateFiles(_folder, "*.json", SearchOption.AllDirectories).AsParallel().WithDegreeOfParallelism(workers)
                .Select(path => ClipAudit.TryParse(File.ReadAllText(path)) is { } audit && path == PathOf(audit.Key) ? audit : null).OfType<ClipAudit>())
            {
                _audits.Add(audit.Key, audit);
            }
        }
    }

    /// <summary>All audits, those of this run included.</summary>
    public IReadOnlyCollection<ClipAudit> All => _audits.Values;

    /// <summary>The audit of a clip; null when there is none that is whole.</summary>
    public ClipAudit? Find(string key) => _audits.GetValueOrDefault(key);

    /// <summary>Writes an audit by a rename. It is not forced to the disk: one that a power cut damages is made again.</summary>
    public void Write(ClipAudit audit)
    {
        _audits[audit.Key] = audit;
        string path = PathOf(audit.Key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string text = audit.ToJson();
        if (File.Exists(path) && File.ReadAllText(path) == text)
        {
            return;
        }

        string temporary = path + ".partial";
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
    }

    private string PathOf(string key) => Path.Combine(_folder, key.Length > 3 ? key[1..3] : "", key + ".json");
}
