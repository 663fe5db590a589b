using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>Gathers what a reader finds: clips, what was left out, what was decided; and holds to what every set promises.</summary>
internal sealed class ClipSetBuilder(string name, string source)
{
    private readonly List<AnnotatedClip> _clips = [];
    private readonly List<SkippedClip> _skipped = [];
    private readonly List<string> _notes = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public IReadOnlyList<AnnotatedClip> Clips => _clips;

    public void Skip(string path, string reason) => _skipped.Add(new SkippedClip(path, reason));

    public void Note(string sentence) => _notes.Add(sentence);

    /// <summary>Adds a note when something happened at all.</summary>
    public void Count(int count, string what)
    {
        if (count > 0)
        {
            _notes.Add($"{count} {what}");
        }
    }

    public void Add(AnnotatedClip clip)
    {
        if (_names.Add(clip.Name))
        {
            _clips.Add(clip);
        }
        else
        {
            Skip(clip.Path, $"{clip.Source}: the clip '{clip.Name}' is there twice; the first is used. Remove one of the two lines.");
        }
    }

    /// <summary>Runs the reading of one row; damage in it is counted and skipped.</summary>
    public void Try(Action read)
    {
        try
        {
            read();
        }
        catch (DataException error)
        {
            Skip(error.File, error.Reason);
        }
    }

    /// <summary>The set.</summary>
    /// <exception cref="DataException">There is no clip.</exception>
    public AnnotatedClipSet Build(IReadOnlyList<string> structures)
    {
        KeepPatientsApart();
        return _clips.Count > 0
            ? new AnnotatedClipSet { Name = name, Clips = _clips, Structures = structures, Skipped = _skipped, Notes = _notes }
            : throw new DataException(source, $"no clip of this {name} set can be used{(_skipped.Count > 0 ? $"; {_skipped.Count} rows or files were left out, the first: {_skipped[0].Path}: {_skipped[0].Reason}" : ": it names none. Get the set again.")}");
    }

    // Who is judged was not learnt from: a patient in two parts stays in the one that judges, test before validation before train.
    private void KeepPatientsApart()
    {
        var part = _clips.GroupBy(clip => clip.Patient, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Max(clip => clip.Split), StringComparer.Ordinal);
        int removed = 0;
        foreach (var clip in _clips.Where(clip => clip.Split != part[clip.Patient]))
        {
            removed++;
            Skip(clip.Path, $"{clip.Source}: the patient '{clip.Patient}' is in {clip.Split} here and in {part[clip.Patient]} elsewhere in the set; this clip is left out, so that no patient is in two parts.");
        }

        _clips.RemoveAll(clip => clip.Split != part[clip.Patient]);
        Count(removed, "clips were left out because their patient is in another part too.");
    }
}
