using EchoApex.Training.Distributed;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>How long a process waits for the others.</summary>
public sealed class CollectiveWatchTests
{
    [Test]
    public void Wait_OthersDoNotCome_EndsAfterTheTimeout()
    {
        var clock = new SetClock();
        var watch = new CollectiveWatch { Clock = clock, Timeout = TimeSpan.FromSeconds(60), NameMissing = _ => "Missing: process 1." };
        int turns = 0;

        Assert.That(
            () => watch.Wait(() => !Turn(clock, TimeSpan.FromSeconds(0.5), ref turns), "a sum", 7),
            Throws.InstanceOf<CollectiveException>().With.Message.Contains("a sum (call 7) waited 60 s").And.Message.Contains("process 1"));
        Assert.That(turns, Is.EqualTo(121).Within(2));
    }

    [Test]
    public void Wait_ThisProcessStoodStillForHours_DoesNotCountThem()
    {
        var clock = new SetClock();
        var watch = new CollectiveWatch { Clock = clock, Timeout = TimeSpan.FromSeconds(60) };
        int turns = 0;

        watch.Wait(
            () =>
            {
                clock.Advance(turns == 3 ? TimeSpan.FromHours(5) : TimeSpan.FromMilliseconds(10));
                return ++turns == 20;
            },
            "a sum",
            1);

        Assert.That(turns, Is.EqualTo(20));
    }

    private static bool Turn(SetClock clock, TimeSpan time, ref int turns)
    {
        turns++;
        clock.Advance(time);
        return true;
    }
}
