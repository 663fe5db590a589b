using System.Text.Json;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Schedules;

namespace EchoApex.Training.Tests.Schedules;

public sealed class SchedulesTests
{
    // numpy's cos and the runtime's may differ in the last bit.
    private const double Ulps = 4e-16;

    [TestCase("lr")]
    [TestCase("wd")]
    [TestCase("mom")]
    [TestCase("freeze")]
    [TestCase("warm1")]
    [TestCase("temp")]
    public void CosineSchedule_Dinov2Golden_AgreesAtEveryStep(string name)
    {
        var golden = GoldenCase.Load("dinov2_schedules");
        var arguments = golden.Scalars().GetProperty($"v2.{name}.args");
        var schedule = new CosineSchedule
        {
            Base = arguments.GetProperty("base_value").GetDouble(),
            Final = arguments.GetProperty("final_value").GetDouble(),
            TotalSteps = arguments.GetProperty("total_iters").GetInt64(),
            WarmupSteps = Optional(arguments, "warmup_iters"),
            WarmupStart = arguments.TryGetProperty("start_warmup_value", out var start) ? start.GetDouble() : 0,
            FreezeSteps = Optional(arguments, "freeze_iters"),
        };

        AssertSteps(golden.Read<double>($"v2.{name}.npy").Values, schedule.At);
        Assert.That(schedule.At(schedule.TotalSteps + 3), Is.EqualTo(golden.Scalars().GetProperty($"v2.{name}.at_total_plus_3").GetDouble()));
    }

    [TestCase("lr")]
    [TestCase("wd")]
    [TestCase("mom")]
    public void CosineSchedule_DinoGolden_AgreesAtEveryStep(string name)
    {
        var golden = GoldenCase.Load("dinov2_schedules");
        var arguments = golden.Scalars().GetProperty($"v1.{name}.args");
        long perEpoch = arguments.GetProperty("niter_per_ep").GetInt64();
        var schedule = new CosineSchedule
        {
            Base = arguments.GetProperty("base_value").GetDouble(),
            Final = arguments.GetProperty("final_value").GetDouble(),
            TotalSteps = arguments.GetProperty("epochs").GetInt64() * perEpoch,
            WarmupSteps = Optional(arguments, "warmup_epochs") * perEpoch,
        };

        AssertSteps(golden.Read<double>($"v1.{name}.npy").Values, schedule.At);
    }

    [Test]
    public void LinearSchedule_Golden_AgreesPerEpochAndPerStep()
    {
        var golden = GoldenCase.Load("dinov2_schedules");
        var perEpoch = golden.Scalars().GetProperty("v1.teacher_temp").GetProperty("per_epoch").EnumerateArray().Select(value => value.GetDouble()).ToArray();
        var epochs = new LinearSchedule { Start = 0.04, Final = 0.07, RampSteps = 5 };
        var steps = new LinearSchedule { Start = 0.04, Final = 0.07, RampSteps = 15 };

        AssertSteps(perEpoch, epochs.At);
        AssertSteps(golden.Read<double>("v2.temp.npy").Values, steps.At);
    }

    [Test]
    public void LinearSchedule_NoRamp_IsFinalAtOnce() =>
        Assert.That(new LinearSchedule { Start = 1, Final = 2 }.At(0), Is.EqualTo(2));

    [Test]
    public void CosineSchedule_WarmupLongerThanTotal_IsRefused()
    {
        var schedule = new CosineSchedule { Base = 1, Final = 0, TotalSteps = 10, WarmupSteps = 8, FreezeSteps = 3 };

        Assert.That(() => schedule.At(0), Throws.InstanceOf<ConfigurationException>());
        Assert.That(() => schedule.At(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void LearningRateRule_Golden_Agrees()
    {
        var golden = GoldenCase.Load("dinov2_schedules");
        foreach (var (table, rule) in new[] { ("v2.lr_sqrt_wrt_1024", "sqrt_wrt_1024"), ("v1.lr_linear_256", "linear_256") })
        {
            foreach (var entry in golden.Scalars().GetProperty(table).EnumerateObject())
            {
                string[] parts = entry.Name.Split("_bs");
                double rate = double.Parse(parts[0].Replace("base", "").Replace("lr", ""));
                Assert.That(LearningRateRule.Parse(rule).Apply(rate, int.Parse(parts[1])), Is.EqualTo(entry.Value.GetDouble()).Within(1e-15), entry.Name);
            }
        }
    }

    [TestCase("linear_256")]
    [TestCase("sqrt_1024")]
    [TestCase("constant")]
    public void LearningRateRule_Text_RoundTrips(string text) =>
        Assert.That(LearningRateRule.Parse(text).ToString(), Is.EqualTo(text));

    [TestCase("linear")]
    [TestCase("linear_0")]
    [TestCase("cubic_3")]
    [TestCase("")]
    public void LearningRateRule_UnknownText_IsRefused(string text) =>
        Assert.That(() => LearningRateRule.Parse(text), Throws.InstanceOf<ConfigurationException>());

    private static long Optional(JsonElement arguments, string name) =>
        arguments.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    private static void AssertSteps(double[] expected, Func<long, double> at)
    {
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double tolerance = Ulps * Math.Max(Math.Abs(expected[i]), expected.Max(Math.Abs));
            worst = Math.Max(worst, Math.Abs(at(i) - expected[i]) / tolerance);
        }

        TestContext.Out.WriteLine($"worst |diff|/tolerance {worst:0.0000}");
        Assert.That(worst, Is.LessThanOrEqualTo(1));
    }
}
