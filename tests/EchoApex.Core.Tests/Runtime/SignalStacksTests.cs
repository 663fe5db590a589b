using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Runtime;

/// <summary>Handlers of .NET get a stack of their own, which its threads have; the command line's test of signals shows what that is for.</summary>
[Platform("Linux")]
internal sealed class SignalStacksTests
{
    private const int Kill = 9, UserSignal = 12, Terminate = 15;

    [Test]
    public void ProtectNow_HandlersOfDotNet_UseTheAlternativeStack()
    {
        Assume.That(RuntimeInformation.ProcessArchitecture, Is.EqualTo(Architecture.X64));
        int seen = 0;
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true);
        using var user = PosixSignalRegistration.Create((PosixSignal)UserSignal, context =>
        {
            context.Cancel = true;
            Interlocked.Increment(ref seen);
        });

        SignalStacks.ProtectNow();

        Assert.That(SignalStacks.IsProtected(Terminate), Is.True);
        Assert.That(SignalStacks.IsProtected(UserSignal), Is.True);
        Assert.That(SignalStacks.IsProtected(Kill), Is.False, "nobody can have a handler for it");
        using var itself = System.Diagnostics.Process.Start("kill", $"-{UserSignal} {Environment.ProcessId}");
        Assert.That(() => Volatile.Read(ref seen), Is.EqualTo(1).After(10_000, 20), "the handler still works");
    }
}
