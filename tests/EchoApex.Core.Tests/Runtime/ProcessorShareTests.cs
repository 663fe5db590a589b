using System.Diagnostics;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Runtime;

[Platform("Linux")]
internal sealed class ProcessorShareTests
{
    // Together the shares are all processors, none of them twice; the thread that started them has kept its own.
    [Test]
    public void Start_TwoShares_DivideTheProcessors()
    {
        int[] all = Processors(ProcessorShare.Start(Status(), 0, 1));
        if (all.Length < 2)
        {
            Assert.Ignore("this test needs two processors");
        }

        int[] first = Processors(ProcessorShare.Start(Status(), 0, 2));
        int[] second = Processors(ProcessorShare.Start(Status(), 1, 2));
        Assert.That(first.Concat(second), Is.EqualTo(all));
        Assert.That(second, Has.Length.InRange(all.Length / 2, (all.Length + 1) / 2));
        Assert.That(Processors(ProcessorShare.Start(Status(), 0, 1)), Is.EqualTo(all));
    }

    [Test]
    public void Start_MoreSharesThanProcessors_LeavesAll()
    {
        int[] all = Processors(ProcessorShare.Start(Status(), 0, 1));
        Assert.That(Processors(ProcessorShare.Start(Status(), all.Length, all.Length + 1)), Is.EqualTo(all));
    }

    [Test]
    public void Start_WhereNothingStarts_KeepsTheThreadsProcessors()
    {
        int[] all = Processors(ProcessorShare.Start(Status(), 0, 1));
        Assert.That(() => ProcessorShare.Start(new ProcessStartInfo("/no/such/program"), 0, Math.Min(2, all.Length)), Throws.InstanceOf<System.ComponentModel.Win32Exception>());
        Assert.That(Processors(ProcessorShare.Start(Status(), 0, 1)), Is.EqualTo(all));
    }

    [TestCase(-1, 2)]
    [TestCase(2, 2)]
    public void Start_NoSuchShare_IsRefused(int share, int shares) =>
        Assert.That(() => ProcessorShare.Start(Status(), share, shares), Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static ProcessStartInfo Status() => new("grep", ["Cpus_allowed_list", "/proc/self/status"]) { RedirectStandardOutput = true };

    private static int[] Processors(Process process)
    {
        using (process)
        {
            string list = process.StandardOutput.ReadToEnd().Split(':')[1].Trim();
            process.WaitForExit();
            return [.. list.Split(',').Select(range => range.Split('-')).SelectMany(ends => Enumerable.Range(int.Parse(ends[0]), int.Parse(ends[^1]) - int.Parse(ends[0]) + 1))];
        }
    }
}
