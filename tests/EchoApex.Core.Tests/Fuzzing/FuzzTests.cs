using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Fuzzing;

/// <summary>
/// Feeds mutated files to every reader. Each input is read, or refused by an EchoApexException; in less than two seconds; with allocations
/// in proportion to the file and what it declares. ECHOAPEX_FUZZ is the number of inputs (2,000 without it), ECHOAPEX_FUZZ_FROM the number
/// of the first: an input depends on its target and number alone, so that a failure is repeated by ECHOAPEX_FUZZ_FROM=number ECHOAPEX_FUZZ=1.
/// </summary>
[Category("integration")]
public sealed class FuzzTests
{
    private const int UsualInputs = 2000;
    private const int MostMilliseconds = 2000;
    private const int HangSeconds = 120;

    // Tables that have the same size whatever the file: palettes and gray values of 16 bits, decoder contexts.
    private const long FixedAllocation = 2 << 20;

    private static IEnumerable<FuzzTarget> Targets => FuzzTargets.All;

    private static int Setting(string name, int missing) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : missing;

    [TestCaseSource(nameof(Targets))]
    public void Read_OfMutatedInputs_ReadsOrRefusesEachInBounds(object given)
    {
        var target = (FuzzTarget)given;
        OpenCvRuntime.EnsureAvailable();
        Cv2.SetLogLevel(LogLevel.SILENT);
        int from = Setting("ECHOAPEX_FUZZ_FROM", 0);
        int total = Setting("ECHOAPEX_FUZZ", UsualInputs);
        int count = total == 1 ? 1 : Math.Max(20, (int)((long)total * target.Weight / Targets.Sum(each => each.Weight)));
        byte[][] seeds = target.Seeds();
        long current = from;
        Exception? failure = null;
        int read = 0;
        var thread = new Thread(() =>
        {
            try
            {
                for (; current < from + count; current++)
                {
                    read += Run(target, seeds, current) ? 1 : 0;
                }
            }
            catch (Exception error)
            {
                failure = error;
            }
        }, 1 << 20) { IsBackground = true };
        thread.Start();
        WaitFor(thread, ref current, target);
        Assert.That(failure, Is.Null, $"{target}, input {current}: {failure}");
        TestContext.Out.WriteLine($"{target}: {count} inputs from {from} on, {read} read, {count - read} refused");
    }

    [TestCaseSource(nameof(Targets))]
    public void Read_OfSeeds_ReadsAll(object given)
    {
        var target = (FuzzTarget)given;
        OpenCvRuntime.EnsureAvailable();
        foreach (byte[] seed in target.Seeds())
        {
            Assert.That(() => target.Read(target.Pack?.Invoke(seed) ?? seed, new FuzzBudget()), Throws.Nothing);
        }
    }

    // A reader that never comes back must end the test, not stop it.
    private static void WaitFor(Thread thread, ref long current, FuzzTarget target)
    {
        long last = -1;
        while (!thread.Join(TimeSpan.FromSeconds(HangSeconds)))
        {
            long now = Volatile.Read(ref current);
            Assert.That(now, Is.Not.EqualTo(last), $"{target}, input {now}: not read after {HangSeconds} s");
            last = now;
        }
    }

    // Whether the input was read.
    private static bool Run(FuzzTarget target, byte[][] seeds, long number)
    {
        byte[] input = Mutator.Mutate(seeds, RandomStream.For(1, target.Name, number));
        input = target.Pack?.Invoke(input) ?? input;
        Note(target, number);
        long best = long.MaxValue;
        bool wasRead = false;

        // Other programs take time too: what is slow gets two more chances.
        for (int attempt = 0; attempt < 3 && best > MostMilliseconds; attempt++)
        {
            var watch = Stopwatch.StartNew();
            wasRead = ReadOnce(target, input);
            best = Math.Min(best, watch.ElapsedMilliseconds);
        }

        Assert.That(best, Is.LessThanOrEqualTo(MostMilliseconds), "ms for one input");
        return wasRead;
    }

    private static bool ReadOnce(FuzzTarget target, byte[] input)
    {
        var budget = new FuzzBudget();
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool wasRead = true;
        try
        {
            target.Read(input, budget);
        }
        catch (EchoApexException error)
        {
            wasRead = false;
            Assert.That(error.Message, Is.Not.Empty);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, Is.LessThanOrEqualTo((4 * (input.Length + budget.Declared)) + FixedAllocation), $"bytes allocated for {input.Length} of file and {budget.Declared} declared");
        return wasRead;
    }

    // A crash of native code leaves nothing but this.
    private static void Note(FuzzTarget target, long number)
    {
        if (Environment.GetEnvironmentVariable("ECHOAPEX_FUZZ") is not null)
        {
            File.WriteAllText(Path.Combine(Path.GetTempPath(), $"echoapex-fuzz-{Environment.ProcessId}.last"), $"{target}, input {number}");
        }
    }
}
