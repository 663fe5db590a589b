using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests;

/// <summary>
/// The tool as a process that a test kills (SIGKILL). ECHOAPEX_KILLS is the number of kills (3 when unset), ECHOAPEX_KILL_SEED the seed
/// of the moments (0).
/// </summary>
internal static class KilledProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static int Kills => Setting("ECHOAPEX_KILLS", 3);

    public static ulong Seed => (ulong)Setting("ECHOAPEX_KILL_SEED", 0);

    public static Process Start(params string[] arguments)
    {
        var info = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        info.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "echoapex.dll"));
        foreach (string argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => TestContext.Out.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Waits for the end, and asks for success.</summary>
    public static void Finish(Process process)
    {
        using (process)
        {
            Assert.That(process.WaitForExit(Limit), Is.True);
            Assert.That(process.ExitCode, Is.Zero);
        }
    }

    public static void Kill(Process process)
    {
        process.Kill();
        Assert.That(process.WaitForExit(Limit), Is.True);
    }

    /// <summary>
    /// Runs a command to its end, then again and again into other folders, killed at random moments and started again until it ends; each
    /// folder must hold the bytes of the first.
    /// </summary>
    /// <param name="folder">Where the outputs go.</param>
    /// <param name="arguments">The command line for an output folder.</param>
    /// <param name="whole">Sees the output of the run that was left alone.</param>
    /// <param name="killed">Sees what a kill left.</param>
    public static void RequireSameBytes(TemporaryFolder folder, Func<string, string[]> arguments, Action<IReadOnlyCollection<string>> whole, Action<IReadOnlyCollection<string>> killed)
    {
        var clock = Stopwatch.StartNew();
        Finish(Start(arguments(folder.File("whole"))));
        var time = clock.Elapsed;
        var expected = Contents(folder.File("whole"));
        whole(expected.Keys);
        var random = RandomStream.For(Seed, "kills-of-a-run");
        int rounds = 0;
        for (int done = 0; done < Kills; rounds++)
        {
            string target = folder.File($"killed{rounds}");
            while (done < Kills)
            {
                using var process = Start(arguments(target));
                bool ended = process.WaitForExit(time * random.NextDouble());
                Kill(process);
                if (ended)
                {
                    break;
                }

                done++;
                killed(Contents(target).Keys);
            }

            Finish(Start(arguments(target)));
            Assert.That(Contents(target), Is.EqualTo(expected));
        }

        TestContext.Out.WriteLine($"{Kills} kills in {rounds} runs of {time.TotalSeconds:0.0} s, every output equal to that of an undisturbed run");
    }

    private static SortedDictionary<string, string> Contents(string folder) => Directory.Exists(folder)
        ? new(
            Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(path => Path.GetRelativePath(folder, path), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))),
            StringComparer.Ordinal)
        : [];

    private static int Setting(string name, int standard) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : standard;
}
