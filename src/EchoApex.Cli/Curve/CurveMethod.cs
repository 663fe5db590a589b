using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Curve;

/// <summary>A way of training that a learning curve compares, and how fast it runs.</summary>
/// <param name="Name">Its name on the command line and in tables.</param>
/// <param name="StepsPerMinute">
/// Steps that stand for a minute of two cores. A constant, not a measurement: a budget in minutes then means the same steps on
/// every machine and on every day, and a row can be repeated. What a row really took stands in its cpu_minutes.
/// </param>
internal sealed record CurveMethod(string Name, double StepsPerMinute)
{
    private const double DinoRate = 540;
    private const double Dinov2Rate = 340;
    private const double SupervisedRate = 450;
    private const double ResnetRate = 40;

    /// <summary>DINO, preset curve-cpu-dino.</summary>
    public static CurveMethod Dino { get; } = new("dino", DinoRate);

    /// <summary>DINOv2 from random weights, preset curve-cpu-dinov2.</summary>
    public static CurveMethod Dinov2 { get; } = new("dinov2", Dinov2Rate);

    /// <summary>Half of the steps DINO, the other half DINOv2 from its encoder and head. Half of the steps each, so the harmonic mean of the rates.</summary>
    public static CurveMethod DinoDinov2 { get; } = new("dino-dinov2", 2 / ((1 / DinoRate) + (1 / Dinov2Rate)));

    /// <summary>The same encoder trained with the labels of the training clips.</summary>
    public static CurveMethod Supervised { get; } = new("supervised", SupervisedRate);

    /// <summary>DINO with a ResNet50, preset curve-cpu-resnet50.</summary>
    public static CurveMethod DinoResnet50 { get; } = new("dino-resnet50", ResnetRate);

    /// <summary>All methods.</summary>
    public static IReadOnlyList<CurveMethod> All { get; } = [Dino, Dinov2, DinoDinov2, Supervised, DinoResnet50];

    /// <summary>The method of a name.</summary>
    /// <exception cref="ConfigurationException">There is none.</exception>
    public static CurveMethod Of(string name) => All.FirstOrDefault(method => method.Name == name)
        ?? throw new ConfigurationException("command line", $"--method '{name}' is not one of {string.Join(", ", All.Select(method => method.Name))}.");

    /// <summary>The steps of a budget in minutes of two cores, at least 2.</summary>
    public int StepsOf(double minutes) => Math.Max(2, (int)Math.Round(minutes * StepsPerMinute));
}
