using NUnit.Framework.Interfaces;
using TorchSharp;

namespace EchoApex.Testing;

/// <summary>Asserts that a test leaves no tensor alive on its thread. Put it on a test or a whole fixture.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class NoTensorLeaksAttribute : Attribute, ITestAction
{
    private const string Key = "EchoApex.LiveTensors";

    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test) => test.Properties.Set(Key, Live());

    public void AfterTest(ITest test)
    {
        if (TestContext.CurrentContext.Result.Outcome.Status != TestStatus.Passed)
        {
            return;
        }

        long before = (long)test.Properties.Get(Key)!;
        long after = Live();
        Assert.That(after, Is.EqualTo(before), $"{after - before} tensors were created by the test and not disposed.");
    }

    // Constants that TorchSharp keeps for itself are not counted: only what is alive outside and inside scopes on this thread.
    private static long Live() => DisposeScopeManager.Statistics.ThreadTotalLiveCount;
}
