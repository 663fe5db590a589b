using System.Diagnostics;

namespace EchoApex.Benchmarks.Training;

/// <summary>Processor time of this process, all threads.</summary>
internal static class ProcessorClock
{
    public static double Seconds
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }
}
