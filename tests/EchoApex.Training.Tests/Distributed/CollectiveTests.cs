namespace EchoApex.Training.Tests.Distributed;

/// <summary>The MPI engine with real processes.</summary>
public sealed class CollectiveTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void Calls_OfSeveralProcesses_GiveTheRightValues(int processes)
    {
        var outcome = Ranks.Run(processes, "engine").RequireSuccess();
        for (int rank = 0; rank < processes; rank++)
        {
            Assert.That(outcome.Output, Does.Contain($"{rank}/{processes} {(processes == 1 ? "single process" : "MPI (")}"));
        }
    }
}
