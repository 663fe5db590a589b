namespace EchoApex.Core.Datasets.Curation;

/// <summary>
/// Finds clips that show what an earlier clip shows: as many frames, and five frames spread over it whose hashes differ by at most
/// <see cref="PerceptualHash.NearDuplicate"/> bits on average, the middle one in any case.
/// </summary>
/// <remarks>Thread safety: an instance belongs to one thread at a time.</remarks>
public sealed class DuplicateIndex
{
    /// <summary>Frames of a clip that are compared.</summary>
    public const int SampledFrames = 5;

    private readonly Dictionary<(int Part, uint Value), List<int>> _places = [];
    private readonly List<(string Key, int Frames, IReadOnlyList<PerceptualHash> Signature)> _clips = [];

    /// <summary>The hashes by which a clip is compared.</summary>
    public static IReadOnlyList<PerceptualHash> SignatureOf(SectorFrames frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        return [.. Enumerable.Range(0, SampledFrames).Select(i => PerceptualHash.Of(frames[i * (frames.FrameCount - 1) / (SampledFrames - 1)].Pixels.Span, frames.Height, frames.Width))];
    }

    /// <summary>The key of an earlier clip that shows the same; null when there is none.</summary>
    public string? Find(int frames, IReadOnlyList<PerceptualHash> signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        var middle = signature[signature.Count / 2];
        for (int part = 0; part < 8; part++)
        {
            foreach (int place in _places.GetValueOrDefault((part, middle.Part(part))) ?? [])
            {
                var (key, count, other) = _clips[place];
                if (count == frames && other.Count == signature.Count && other[other.Count / 2].Distance(middle) <= PerceptualHash.NearDuplicate
                    && signature.Zip(other, (a, b) => a.Distance(b)).Average() <= PerceptualHash.NearDuplicate)
                {
                    return key;
                }
            }
        }

        return null;
    }

    /// <summary>Takes in a clip.</summary>
    public void Add(string key, int frames, IReadOnlyList<PerceptualHash> signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        _clips.Add((key, frames, signature));
        var middle = signature[signature.Count / 2];
        for (int part = 0; part < 8; part++)
        {
            // Parts without a bit are black in many clips and would be compared with all of them.
            if (middle.Part(part) != 0)
            {
                if (!_places.TryGetValue((part, middle.Part(part)), out var places))
                {
                    _places[(part, middle.Part(part))] = places = [];
                }

                places.Add(_clips.Count - 1);
            }
        }
    }
}
