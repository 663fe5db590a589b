using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Distributed;

/// <summary>
/// A folder in which every process of a run says that it lives, how far it is and why it failed: so that the others can
/// name the one they wait for, whatever the engine. It lies in the run folder, which all processes share anyway.
/// </summary>
/// <remarks>
/// Each process rewrites its small file every two seconds from a thread of its own. A process counts as dead when its file
/// says that it failed, when it ran on this machine and its number is gone, or when its file is three minutes older than
/// this process's own: both times are the file system's, so the machines' clocks do not matter. A process that has stood still itself (a scheduler's
/// suspend) first gives the others those three minutes to wake up, too.
/// </remarks>
public sealed class RankBoard : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(3);

    // Between two beats; a busy machine may be seconds late.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly string _folder;
    private readonly ICollective _processes;
    private readonly string _run;
    private readonly TimeProvider _clock;
    private readonly Lock _writing = new();
    private readonly Timer _timer;
    private string? _failure;
    private bool _left;
    private long _lastBeat;
    private long? _woke;

    /// <inheritdoc cref="RankBoard(string, ICollective, string, TimeProvider)"/>
    public RankBoard(string folder, ICollective processes, string run)
        : this(folder, processes, run, TimeProvider.System)
    {
    }

    /// <summary>Enters this process.</summary>
    /// <param name="folder">The folder, made when it is missing.</param>
    /// <param name="processes">The processes.</param>
    /// <param name="run">Something that all processes of this start share and no other start does, so that files of an earlier one are not believed.</param>
    /// <param name="clock">Tells the time between two beats.</param>
    internal RankBoard(string folder, ICollective processes, string run, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(processes);
        (_folder, _processes, _run, _clock) = (folder, processes, run, clock);
        _lastBeat = clock.GetTimestamp();
        Directory.CreateDirectory(folder);
        Write();
        _timer = new Timer(_ => BeatNow(), null, Beat, Beat);
    }

    /// <summary>Says why this process fails, for the others to read.</summary>
    public void Fail(string reason)
    {
        _failure = reason;
        Write();
    }

    /// <summary>Why the others will never come, a sentence; null while nothing is wrong.</summary>
    public string? FindFailure()
    {
        foreach (var (rank, entry) in Others())
        {
            string who = $"process {rank} (number {entry.Process} on {entry.Machine})";
            if (entry.Failure is not null)
            {
                return $"{who} failed: {entry.Failure}";
            }

            if (entry.Left)
            {
                continue;
            }

            if (entry.Machine == Environment.MachineName && !IsAlive(entry.Process))
            {
                return $"{who} is gone: it was killed or crashed. Its own messages and the system's log (out of memory?) say why; the run can be resumed from its last checkpoint.";
            }

            var silent = File.GetLastWriteTimeUtc(PathOf(_processes.Rank)) - File.GetLastWriteTimeUtc(PathOf(rank));
            if (silent > Silence && !HasJustWoken())
            {
                return string.Create(CultureInfo.InvariantCulture, $"{who} has been silent for {silent.TotalSeconds:0} s: its machine or network is down. The run can be resumed from its last checkpoint.");
            }
        }

        return null;
    }

    /// <summary>Who has begun fewer collective calls than this process, a sentence; null when nobody is known to be behind.</summary>
    public string? NameMissing(long calls)
    {
        string[] behind = [.. Others().Where(other => other.Entry.Calls < calls).Select(other =>
            $"process {other.Rank} (number {other.Entry.Process} on {other.Entry.Machine}) is at call {other.Entry.Calls}")];
        return behind.Length == 0 ? null : $"Missing: {string.Join("; ", behind)}.";
    }

    /// <summary>Leaves in good order.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        _left = true;
        Write();
    }

    /// <summary>Says that this process lives.</summary>
    internal void BeatNow()
    {
        long now = _clock.GetTimestamp();
        lock (_writing)
        {
            _woke = _clock.GetElapsedTime(_lastBeat, now) > LongestPause ? now : _woke;
            _lastBeat = now;
        }

        Write();
    }

    private bool HasJustWoken()
    {
        lock (_writing)
        {
            return _woke is { } woke && _clock.GetElapsedTime(woke) < Silence;
        }
    }

    private IEnumerable<(int Rank, Entry Entry)> Others()
    {
        for (int rank = 0; rank < _processes.WorldSize; rank++)
        {
            if (rank != _processes.Rank && Read(rank) is { } entry && entry.Run == _run)
            {
                yield return (rank, entry);
            }
        }
    }

    private Entry? Read(int rank)
    {
        try
        {
            return JsonSerializer.Deserialize<Entry>(File.ReadAllText(PathOf(rank)), Json);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            // Not there yet, or just being replaced: the next look will tell.
            return null;
        }
    }

    private void Write()
    {
        lock (_writing)
        {
            try
            {
                var entry = new Entry(_run, Environment.MachineName, Environment.ProcessId, _processes.Calls, _failure, _left);
                string partial = PathOf(_processes.Rank) + ".partial";
                File.WriteAllText(partial, JsonSerializer.Serialize(entry, Json));
                File.Move(partial, PathOf(_processes.Rank), overwrite: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A full or slow disk must not end the run here; the checkpoint will say so if it lasts.
            }
        }
    }

    private string PathOf(int rank) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"rank-{rank:00000}.json"));

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);

            // A killed child that nobody has waited for yet is still listed.
            return !found.HasExited && !IsZombie(process);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsZombie(int process)
    {
        string file = $"/proc/{process}/stat";
        if (!OperatingSystem.IsLinux() || !File.Exists(file))
        {
            return false;
        }

        string text = File.ReadAllText(file);
        int end = text.LastIndexOf(')');
        return end >= 0 && end + 2 < text.Length && text[end + 2] is 'Z' or 'X';
    }

    private sealed record Entry(string Run, string Machine, int Process, long Calls, string? Failure, bool Left);
}
