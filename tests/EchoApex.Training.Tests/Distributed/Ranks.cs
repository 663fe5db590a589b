using System.Diagnostics;
using EchoApex.Testing;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>Scenarios of <see cref="RankProgram"/> as several processes.</summary>
internal static class Ranks
{
    public static MpiRun.Outcome Run(int processes, params string[] arguments) => MpiRun.Run(processes, typeof(Ranks).Assembly.Location, arguments);

    public static Process Start(int processes, params string[] arguments) => MpiRun.Start(processes, typeof(Ranks).Assembly.Location, arguments);
}
