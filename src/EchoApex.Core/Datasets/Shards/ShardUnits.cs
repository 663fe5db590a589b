namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// The units that a pass over shards visits, and which clip and frame a visit shows. Memory: nothing for clips, 8 bytes a clip for
/// frames, and 4 bytes a clip and 4 a patient for patients.
/// </summary>
internal sealed class ShardUnits
{
    private readonly SampleBalance _balance;
    private readonly ulong _seed;

    // Frames: the first frame's number of each clip. Patients: clips grouped by patient, and where each group starts.
    private readonly long[] _firstFrame = [];
    private readonly int[] _clips = [];
    private readonly int[] _groups = [];

    public ShardUnits(IReadOnlyList<ShardSet> sets, SampleBalance balance, ulong seed)
    {
        (_balance, _seed) = (balance, seed);
        int count = checked((int)sets.Sum(set => (long)set.Count));
        switch (balance)
        {
            case SampleBalance.Frame:
                _firstFrame = FirstFrames(sets, count);
                Count = _firstFrame[^1];
                break;
            case SampleBalance.Patient:
                (_clips, _groups) = GroupByPatient(sets, count);
                Count = _groups.Length - 1;
                break;
            default:
                Count = count;
                break;
        }
    }

    /// <summary>Units.</summary>
    public long Count { get; }

    /// <summary>The clip that a visit shows, and the frame where the unit is one.</summary>
    public (int Clip, int? Frame) At(long unit, long visit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unit);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(unit, Count);
        ArgumentOutOfRangeException.ThrowIfNegative(visit);
        switch (_balance)
        {
            case SampleBalance.Frame:
                int clip = Array.BinarySearch(_firstFrame, unit);
                clip = clip < 0 ? ~clip - 1 : clip;
                return (clip, (int)(unit - _firstFrame[clip]));
            case SampleBalance.Patient:
                int first = _groups[unit];
                int size = _groups[unit + 1] - first;

                // Every clip of the patient once before one is shown again, each round in another order.
                long turn = size == 1 ? 0 : new EpochSampler(size, _seed ^ (ulong)unit).At(visit / size, visit % size);
                return (_clips[first + turn], null);
            default:
                return ((int)unit, null);
        }
    }

    private static long[] FirstFrames(IReadOnlyList<ShardSet> sets, int count)
    {
        long[] first = new long[count + 1];
        int at = 0;
        foreach (var set in sets)
        {
            for (int clip = 0; clip < set.Count; clip++, at++)
            {
                first[at + 1] = first[at] + set.FrameCountOf(clip);
            }
        }

        return first;
    }

    // Patients in the order of their numbers, which do not depend on how clips were packed; clips of one in the order of the shards.
    private static (int[] Clips, int[] Groups) GroupByPatient(IReadOnlyList<ShardSet> sets, int count)
    {
        ulong[] patients = new ulong[count];
        int[] clips = new int[count];
        int at = 0;
        foreach (var set in sets)
        {
            for (int clip = 0; clip < set.Count; clip++, at++)
            {
                (patients[at], clips[at]) = (set.PatientOf(clip), at);
            }
        }

        Array.Sort(patients, clips);
        var groups = new List<int> { 0 };
        for (int i = 1; i <= count; i++)
        {
            if (i == count || patients[i] != patients[i - 1])
            {
                Array.Sort(clips, groups[^1], i - groups[^1]);
                groups.Add(i);
            }
        }

        return (clips, [.. groups]);
    }
}
