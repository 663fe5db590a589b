using System.Globalization;

namespace EchoApex.Benchmarks.Forward;

/// <summary>What `forward` measures: --rounds N, --passes N, --threads N; --peak echoapex|plain and --curve N run one memory child alone.</summary>
internal sealed record ForwardOptions
{
    /// <summary>Alternated timings of each network at each batch size.</summary>
    public int Rounds { get; init; } = 20;

    /// <summary>Forward passes of the memory curve; 0 leaves it out.</summary>
    public int Passes { get; init; } = 1000;

    /// <summary>libtorch threads; 0 leaves its choice.</summary>
    public int Threads { get; init; }

    /// <summary>The network whose peak memory this process shall report, and nothing else.</summary>
    public string? Peak { get; init; }

    /// <summary>The number of passes over which this process shall report its memory, and nothing else.</summary>
    public int Curve { get; init; }

    public static ForwardOptions Parse(string[] arguments)
    {
        var options = new ForwardOptions();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : throw new ArgumentException($"{arguments[i]} needs a value.");
            options = arguments[i] switch
            {
                "--rounds" => options with { Rounds = Number(value) },
                "--passes" => options with { Passes = Number(value) },
                "--threads" => options with { Threads = Number(value) },
                "--peak" when value is "echoapex" or "plain" => options with { Peak = value },
                "--curve" => options with { Curve = Number(value) },
                _ => throw new ArgumentException($"{arguments[i]} {value} is unknown; use --rounds, --passes, --threads, --peak or --curve."),
            };
        }

        return options;
    }

    private static int Number(string value) => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
}
