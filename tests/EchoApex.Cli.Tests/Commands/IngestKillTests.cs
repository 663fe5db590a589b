using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.Scanner;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>
/// Kills <c>echoapex ingest</c> (SIGKILL) at random moments, starts it again, and asks for the bytes of a run that was left alone:
/// shards, index, manifests, audits, tables and DICOM files. ECHOAPEX_KILLS is the number of kills (3 when unset),
/// ECHOAPEX_KILL_SEED the seed of the moments (0).
/// </summary>
[Category("integration")]
[NonParallelizable]
public sealed class IngestKillTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Test]
    public void Ingest_KilledAtRandomMomentsAndStartedAgain_GivesTheBytesOfOneRun()
    {
        using var folder = new TemporaryFolder();
        ScannerExport.Write(folder.File("export"), 24, new ScannerOptions { Frames = 24, Size = (400, 320), Still = false }, seed: 31);
        File.WriteAllText(folder.File("key"), "0123456789abcdef0123456789abcdef");
        var clock = Stopwatch.StartNew();
        Assert.That(Finish(Start(folder, "whole")), Is.Zero);
        var whole = clock.Elapsed;
        var expected = Contents(folder.File("whole"));
        int shards = Shards(expected.Keys);
        Assert.That(shards, Is.GreaterThanOrEqualTo(6), "shards finish while the run goes on");

        int kills = Setting("ECHOAPEX_KILLS", 3);
        var random = RandomStream.For((ulong)Setting("ECHOAPEX_KILL_SEED", 0), "ingest-kills");
        int rounds = 0, betweenShards = 0;
        for (int done = 0; done < kills; rounds++)
        {
            string target = $"killed{rounds}";
            while (done < kills)
            {
                using var process = Start(folder, target);
                bool ended = process.WaitForExit(whole * random.NextDouble());
                process.Kill();
                Assert.That(process.WaitForExit(Limit), Is.True);
                if (ended)
                {
                    break;
                }

                done++;
                var left = Contents(folder.File(target)).Keys;
                betweenShards += Shards(left) > 0 && Shards(left) < shards ? 1 : 0;
                TestContext.Out.WriteLine($"{target}: {Shards(left)} of {shards} shards, {left.Count(name => name.StartsWith("audit", StringComparison.Ordinal))} audits");
            }

            Assert.That(Finish(Start(folder, target)), Is.Zero);
            Assert.That(Contents(folder.File(target)), Is.EqualTo(expected));
        }

        TestContext.Out.WriteLine($"{kills} kills in {rounds} runs of {whole.TotalSeconds:0.0} s, {betweenShards} of them between two shards, every output equal to that of an undisturbed run");
        Assert.That(betweenShards, kills < 10 ? Is.GreaterThanOrEqualTo(0) : Is.GreaterThan(kills / 4), "kills that fell while some shards were finished and others were not");
    }

    private static Process Start(TemporaryFolder folder, string target)
    {
        var info = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "echoapex.dll"), "ingest", folder.File("export"), "--out", folder.File(target), "--key", folder.File("key"),
            "--shard-megabytes", "1", "--workers", "2", "--dicom",
        ];
        foreach (string argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => TestContext.Out.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static int Finish(Process process)
    {
        using (process)
        {
            Assert.That(process.WaitForExit(Limit), Is.True);
            return process.ExitCode;
        }
    }

    private static int Shards(IEnumerable<string> names) => names.Count(name => name.StartsWith("shard-", StringComparison.Ordinal) && name.EndsWith(".tar", StringComparison.Ordinal));

    private static SortedDictionary<string, string> Contents(string folder) => Directory.Exists(folder)
        ? new(
            Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(path => Path.GetRelativePath(folder, path), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))),
            StringComparer.Ordinal)
        : [];

    private static int Setting(string name, int standard) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : standard;
}
