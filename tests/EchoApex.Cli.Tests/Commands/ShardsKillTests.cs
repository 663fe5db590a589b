using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>
/// Kills <c>echoapex shards pack</c> (SIGKILL) at random moments, starts it again, and asks for the bytes of a run that was left alone.
/// ECHOAPEX_KILLS is the number of kills (3 when unset), ECHOAPEX_KILL_SEED the seed of the moments (0).
/// </summary>
[Category("integration")]
[NonParallelizable]
public sealed class ShardsKillTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Test]
    public void Pack_KilledAtRandomMomentsAndStartedAgain_GivesTheBytesOfOneRun()
    {
        using var folder = new TemporaryFolder();
        PhantomSetWriter.Write(folder.File("set"), new PhantomSetOptions { Count = 20, Avi = false, Truth = false, Clip = new PhantomOptions { ImageSize = 96, Frames = 48 } });
        var clock = Stopwatch.StartNew();
        Assert.That(Finish(Start(folder, "whole")), Is.Zero);
        var whole = clock.Elapsed;
        var expected = Contents(folder.File("whole"));
        Assert.That(expected, Has.Count.GreaterThanOrEqualTo(7), "three shards at least");

        int kills = Setting("ECHOAPEX_KILLS", 3);
        var random = RandomStream.For((ulong)Setting("ECHOAPEX_KILL_SEED", 0), "shard-kills");
        int rounds = 0;
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
                TestContext.Out.WriteLine($"{target}: {string.Join(' ', Contents(folder.File(target)).Keys)}");
            }

            Assert.That(Finish(Start(folder, target)), Is.Zero);
            Assert.That(Contents(folder.File(target)), Is.EqualTo(expected));
        }

        TestContext.Out.WriteLine($"{kills} kills in {rounds} runs of {whole.TotalSeconds:0.0} s, every set equal to the one of an undisturbed run");
    }

    private static Process Start(TemporaryFolder folder, string target)
    {
        var info = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { Path.Combine(AppContext.BaseDirectory, "echoapex.dll"), "shards", "pack", folder.File("set"), "--out", folder.File(target), "--shard-mb", "1", "--workers", "2" })
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

    private static SortedDictionary<string, string> Contents(string folder) => Directory.Exists(folder)
        ? new(Directory.EnumerateFiles(folder).ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))), StringComparer.Ordinal)
        : [];

    private static int Setting(string name, int standard) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : standard;
}
