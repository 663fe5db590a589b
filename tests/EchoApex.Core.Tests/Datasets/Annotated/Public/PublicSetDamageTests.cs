using EchoApex.Core.Datasets.Annotated.Public;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

/// <summary>Damaged tables and labels are skipped row by row or give one clear error.</summary>
public sealed class PublicSetDamageTests
{
    private const int Mutations = 250;
    private static readonly ReplicaOptions Tiny = new() { Count = 2, ImageSize = 64, Frames = 3, Traps = false };
    private static readonly string[] Tables = [".csv", ".json", ".txt", ".cfg", ".mhd"];

    private static IEnumerable<TestCaseData> Sets()
    {
        static TestCaseData Case(string name, Action<string> write) => new TestCaseData(name, write).SetArgDisplayNames(name);
        yield return Case("echonet-dynamic", folder => EchoNetDynamicReplica.Write(folder, Tiny));
        yield return Case("echonet-lvh", folder => EchoNetLvhReplica.Write(folder, Tiny));
        yield return Case("echonet-pediatric", folder => EchoNetPediatricReplica.Write(folder, Tiny));
        yield return Case("camus", folder => CamusReplica.WriteMetaImage(folder, Tiny));
        yield return Case("tmed2", folder => Tmed2Replica.Write(folder, Tiny));
        yield return Case("unity", folder => UnityReplica.Write(folder, Tiny));
    }

    [TestCaseSource(nameof(Sets))]
    public void Read_OfMutatedTables_ReadsThemOrGivesOneClearError(string name, Action<string> write)
    {
        using var folder = new TemporaryFolder();
        write(folder.Path);
        string[] tables = [.. Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Where(path => Tables.Contains(Path.GetExtension(path))).Order(StringComparer.Ordinal)];
        var random = new RandomStream(31);
        int read = 0;
        for (int i = 0; i < Mutations; i++)
        {
            string table = tables[random.NextInt32(tables.Length)];
            byte[] whole = File.ReadAllBytes(table);
            byte[] mutated = [.. whole];
            for (int change = random.NextInt32(5); change >= 0; change--)
            {
                mutated[random.NextInt32(mutated.Length)] = random.NextInt32(5) switch { 0 => (byte)',', 1 => (byte)'"', 2 => (byte)'\n', 3 => (byte)('0' + random.NextInt32(10)), _ => (byte)random.NextUInt64() };
            }

            File.WriteAllBytes(table, random.NextBoolean(.1) ? mutated[..random.NextInt32(mutated.Length)] : mutated);
            try
            {
                var set = PublicClipSets.Read(folder.Path, name);
                Assert.That(set.Clips, Is.Not.Empty);
                Assert.That(set.Skipped.Select(skipped => skipped.Reason), Is.All.Not.Empty);
                read++;
                foreach (var frame in set.Clips.SelectMany(clip => clip.Frames).Where(frame => frame.Mask is not null))
                {
                    frame.Mask!();
                }
            }
            catch (DataException error)
            {
                Assert.That(error.Message, Does.StartWith(folder.Path), $"mutation {i} of {table}");
            }

            File.WriteAllBytes(table, whole);
        }

        Assert.That(read, Is.GreaterThan(Mutations / 4), "most damage hits one row, not the set");
    }
}
