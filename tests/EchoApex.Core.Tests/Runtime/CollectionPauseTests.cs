using System.Runtime;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Runtime;

[NonParallelizable]
public sealed class CollectionPauseTests
{
    [Test]
    public void Renew_WhileGarbageIsMade_KeepsTheHeapSmall()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long largest = 0;
        using (var pause = new CollectionPause())
        {
            for (int unit = 0; unit < 400; unit++)
            {
                for (int i = 0; i < 64; i++)
                {
                    GC.KeepAlive(new byte[32 << 10]);
                }

                pause.Renew();
                largest = Math.Max(largest, GC.GetTotalMemory(forceFullCollection: false) - before);
            }
        }

        // 800 MiB of garbage went through; a quarter of the budget, 56 MiB, may wait at any time.
        Assert.That(largest, Is.LessThan(120L << 20));
    }

    [Test]
    public void Pause_BetweenRenewals_HoldsCollectionsBack()
    {
        using var pause = new CollectionPause();
        int collections = GC.CollectionCount(0);
        for (int i = 0; i < 512; i++)
        {
            GC.KeepAlive(new byte[32 << 10]);
        }

        Assert.That(GC.CollectionCount(0), Is.EqualTo(collections));
        Assert.That(GCSettings.LatencyMode, Is.EqualTo(GCLatencyMode.NoGCRegion));
    }

    [Test]
    public void Dispose_EndsThePause()
    {
        new CollectionPause().Dispose();
        Assert.That(GCSettings.LatencyMode, Is.Not.EqualTo(GCLatencyMode.NoGCRegion));
    }
}
