using System.Text;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Distributed;

/// <summary>Makes sure that all processes run the same thing.</summary>
internal static class RunAgreement
{
    /// <summary>Collects a text from every process.</summary>
    /// <returns>The texts, by rank.</returns>
    public static IReadOnlyList<string> Gather(ICollective processes, string text, Device device)
    {
        byte[] mine = Encoding.UTF8.GetBytes(text);
        if (processes.WorldSize == 1)
        {
            return [text];
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var lengths = zeros([processes.WorldSize], int64).to(device);
        processes.AllGather(tensor(new[] { (long)mine.Length }).to(device), lengths);
        long[] counts = [.. lengths.cpu().data<long>()];
        int longest = (int)Math.Max(1, counts.Max());
        byte[] padded = new byte[longest];
        mine.CopyTo(padded, 0);
        var gathered = zeros([(long)longest * processes.WorldSize], uint8).to(device);
        processes.AllGather(tensor(padded, uint8).to(device), gathered);
        byte[] all = [.. gathered.cpu().data<byte>()];
        return [.. counts.Select((count, rank) => Encoding.UTF8.GetString(all, rank * longest, (int)count))];
    }

    /// <summary>Refuses a run whose processes were started differently.</summary>
    /// <param name="processes">All processes.</param>
    /// <param name="facts">What must be equal, by name: options, number of clips, version.</param>
    /// <param name="device">Where the engine works.</param>
    /// <exception cref="ConfigurationException">On every process: who differs from process 0, and in what.</exception>
    public static void Require(ICollective processes, IReadOnlyDictionary<string, string> facts, Device device)
    {
        var lines = facts.OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => $"{fact.Key}\u0001{fact.Value}");
        var texts = Gather(processes, string.Join('\u0002', lines), device);
        var first = Parse(texts[0]);
        var faults = new List<string>();
        for (int rank = 1; rank < texts.Count; rank++)
        {
            var other = Parse(texts[rank]);
            faults.AddRange(first.Keys.Union(other.Keys).Order(StringComparer.Ordinal)
                .Where(key => first.GetValueOrDefault(key) != other.GetValueOrDefault(key))
                .Select(key => $"{key}: process 0 has {first.GetValueOrDefault(key, "nothing")}, process {rank} has {other.GetValueOrDefault(key, "nothing")}."));
        }

        if (faults.Count > 0)
        {
            const int most = 10;
            string[] named = faults.Count <= most ? [.. faults] : [.. faults.Take(most), $"and {faults.Count - most} more."];
            throw new ConfigurationException("the processes of this run were started differently", named);
        }
    }

    /// <summary>Refuses to go on when the processes' states are no longer equal.</summary>
    /// <param name="processes">All processes.</param>
    /// <param name="fingerprint">This process's state.</param>
    /// <param name="where">When this is, for the message.</param>
    /// <param name="device">Where the engine works.</param>
    /// <exception cref="CollectiveException">On every process: who differs from process 0.</exception>
    public static void RequireEqual(ICollective processes, byte[] fingerprint, string where, Device device)
    {
        var all = Gather(processes, Convert.ToHexString(fingerprint), device);
        var others = Enumerable.Range(0, all.Count).Where(rank => all[rank] != all[0]).ToArray();
        if (others.Length > 0)
        {
            throw new CollectiveException(
                $"{where}: weights, optimizer or centers of process {string.Join(", ", others)} differ from those of process 0. Nothing was written. "
                + "Different machines or library versions may compute differently, or memory may be faulty; resume from the last checkpoint on equal machines.");
        }
    }

    private static Dictionary<string, string> Parse(string text) =>
        text.Split('\u0002', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\u0001', 2)).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
}
