using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Curve;

/// <summary>Processor time of a run, kept in its folder so that it adds up over interruptions. What a killed process used since the last note is lost.</summary>
internal sealed class CpuMeter
{
    private const string FileName = "cpu-seconds.txt";
    private readonly string _file;
    private readonly double _before;
    private readonly TimeSpan _start = Now();

    public CpuMeter(string runFolder)
    {
        _file = Path.Combine(runFolder, FileName);
        _before = Read(runFolder) ?? 0;
    }

    /// <summary>Seconds that a run took; null when its folder does not say.</summary>
    public static double? Read(string runFolder) =>
        Path.Combine(runFolder, FileName) is var file && File.Exists(file) && double.TryParse(File.ReadAllText(file), NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) ? seconds : null;

    /// <summary>Writes what was used up to now.</summary>
    public void Note() => AtomicOutput.WriteText(_file, (_before + (Now() - _start).TotalSeconds).ToString("0.0", CultureInfo.InvariantCulture));

    private static TimeSpan Now()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
