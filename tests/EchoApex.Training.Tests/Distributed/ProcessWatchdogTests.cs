using EchoApex.Training.Distributed;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>When the watchdog bites.</summary>
public sealed class ProcessWatchdogTests
{
    [Test]
    public void Check_ReasonStands_EndsOnce()
    {
        var ended = new List<string>();
        using var watchdog = new ProcessWatchdog(() => "process 1 is gone", ended.Add);
        for (int i = 0; i < 20; i++)
        {
            watchdog.Check();
        }

        Assert.That(ended, Is.EqualTo(new[] { "process 1 is gone" }));
    }

    [Test]
    public void Check_ReasonPasses_DoesNothing()
    {
        var ended = new List<string>();
        int call = 0;
        using var watchdog = new ProcessWatchdog(() => call++ % 4 == 3 ? null : "a file was late", ended.Add);
        for (int i = 0; i < 40; i++)
        {
            watchdog.Check();
        }

        Assert.That(ended, Is.Empty);
    }
}
