using EchoApex.Training.Monitoring;

namespace EchoApex.Training.Tests.Monitoring;

public sealed class CollapseMonitorTests
{
    private const int Prototypes = 512;
    private static readonly double LogK = Math.Log(Prototypes);

    private static readonly Dictionary<string, double> Healthy = new()
    {
        ["teacher_entropy"] = 3.1, ["teacher_kl_to_uniform"] = 2.1, ["prototype_usage"] = 0.7, ["feature_rank"] = 12, ["feature_std"] = 0.4, ["center_norm"] = 1.2,
        ["ibot_teacher_entropy"] = 3.5, ["ibot_teacher_kl_to_uniform"] = 1.4,
    };

    private static readonly object[] Faults =
    [
        new object[] { "Uniform collapse. The teacher's targets", "Lower targets.teacher_temperature", With(("teacher_entropy", 0.98 * LogK)) },
        new object[] { "Collapse to one prototype. All samples", "Raise targets.warmup_teacher_temperature", With(("teacher_kl_to_uniform", 0.95 * LogK)) },
        new object[] { "Collapse to few prototypes. 1% are in use", "sinkhorn_knopp", With(("teacher_entropy", 0.2), ("prototype_usage", 0.01)) },
        new object[] { "Dimensional collapse", "Raise targets.koleo_weight", With(("feature_rank", 1.2)) },
        new object[] { "Dimensional collapse", "feature_std 0.005", With(("feature_std", 0.005)) },
        new object[] { "Uniform collapse. The patch targets", "Lower", With(("ibot_teacher_entropy", 0.995 * LogK)) },
        new object[] { "All hidden patches share one", "lower ibot.weight", With(("ibot_teacher_kl_to_uniform", 0.95 * LogK)) },
        new object[] { "Dead last layer", "freeze_last_layer_epochs", With(("center_norm", 0.3 * Math.Sqrt(Prototypes))) },
    ];

    [TestCaseSource(nameof(Faults))]
    public void Observe_LastingFault_IsNamedOnceUntilItWasGone(string fault, string remedy, Dictionary<string, double> metrics)
    {
        var monitor = new CollapseMonitor(Prototypes);
        Run(monitor, Healthy, 20);
        Assert.That(Run(monitor, metrics, 2), Is.Empty, "it has to last");
        string warning = Run(monitor, metrics, 1).Single();
        Assert.That(warning, Does.Contain(fault).And.Contain(remedy).And.Contain("Likely cause"));
        Assert.That(Run(monitor, metrics, 50), Is.Empty, "once");
        Assert.That(Run(monitor, Healthy, 1), Is.Empty);
        Assert.That(Run(monitor, metrics, 3), Has.Count.EqualTo(1));
    }

    [Test]
    public void Observe_HealthyRun_IsSilent()
    {
        // As a run goes: the entropy falls from near ln K, the center grows from 0 and settles, rank and spread rise, all with noise.
        var monitor = new CollapseMonitor(Prototypes, warmupSteps: 100);
        var random = new Core.Runtime.RandomStream(1);
        for (int i = 1; i <= 200; i++)
        {
            double progress = i / 200.0, noise = 1 + (0.2 * (random.NextDouble() - 0.5));
            var metrics = With(
                ("teacher_entropy", i <= 10 ? 0.999 * LogK : (1 - (0.6 * progress)) * 0.95 * LogK * Math.Min(1, noise)),
                ("teacher_kl_to_uniform", (0.2 + (0.4 * progress)) * noise * LogK),
                ("prototype_usage", 0.3 + (0.6 * progress)),
                ("feature_rank", (2 + (20 * progress)) * noise),
                ("feature_std", (0.05 + (0.4 * progress)) * noise),
                ("center_norm", 3 * (1 - Math.Exp(-i / 20.0)) * noise));
            Assert.That(monitor.Observe(i * 10, metrics), Is.Empty, $"observation {i}");
        }
    }

    [Test]
    public void Observe_UniformTargetsInTheWarmUp_AreJudgedOnlyAfterIt()
    {
        var monitor = new CollapseMonitor(Prototypes, warmupSteps: 500);
        var uniform = With(("teacher_entropy", LogK));
        Assert.That(Enumerable.Range(1, 50).SelectMany(i => monitor.Observe(i * 10, uniform)), Is.Empty);
        Assert.That(Enumerable.Range(51, 3).SelectMany(i => monitor.Observe(i * 10, uniform)).Single(), Does.Contain("Uniform collapse"));
    }

    [Test]
    public void Observe_FewPrototypesByChoice_AreNoCollapse()
    {
        var monitor = new CollapseMonitor(2);
        var metrics = new Dictionary<string, double> { ["teacher_entropy"] = 0.3, ["teacher_kl_to_uniform"] = 0.05, ["prototype_usage"] = 1 };
        Assert.That(Run(monitor, metrics, 10), Is.Empty);
    }

    [Test]
    public void Observe_PatchHeadOfItsOwn_IsHeldAgainstItsOwnPrototypes()
    {
        var metrics = With(("ibot_teacher_entropy", 0.995 * Math.Log(32)));
        Assert.That(Run(new CollapseMonitor(Prototypes, patchPrototypes: 32), metrics, 3).Single(), Does.Contain("The patch targets are uniform"));
        Assert.That(Run(new CollapseMonitor(Prototypes), metrics, 3), Is.Empty);
    }

    [Test]
    public void Observe_MissingOrNotFinite_IsNoFault() =>
        Assert.That(Run(new CollapseMonitor(Prototypes), new Dictionary<string, double> { ["feature_rank"] = double.NaN }, 5), Is.Empty);

    private static Dictionary<string, double> With(params (string Name, double Value)[] values)
    {
        var metrics = new Dictionary<string, double>(Healthy);
        foreach (var (name, value) in values)
        {
            metrics[name] = value;
        }

        return metrics;
    }

    private static List<string> Run(CollapseMonitor monitor, IReadOnlyDictionary<string, double> metrics, int times) =>
        [.. Enumerable.Range(1, times).SelectMany(step => monitor.Observe(step, metrics))];
}
