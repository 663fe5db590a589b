namespace EchoApex.Core.Datasets.Ingest;

/// <summary>The audits of an output folder, one file a clip, spread over 256 folders.</summary>
internal sealed class AuditStore(string folder)
{
    private readonly string _folder = Path.Combine(folder, "audit");

    /// <summary>The audit of an earlier run; null when there is none that is whole.</summary>
    public ClipAudit? Find(string key)
    {
        string path = PathOf(key);
        return File.Exists(path) ? ClipAudit.TryParse(File.ReadAllText(path)) : null;
    }

    /// <summary>Writes an audit by a rename. It is not forced to the disk: one that a power cut damages is made again.</summary>
    public void Write(ClipAudit audit)
    {
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

    private string PathOf(string key) => Path.Combine(_folder, key[1..3], key + ".json");
}
