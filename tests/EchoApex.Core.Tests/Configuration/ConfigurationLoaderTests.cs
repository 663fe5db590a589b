using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Configuration;

public sealed class ConfigurationLoaderTests
{
    private static readonly Dictionary<string, string> Presets = new()
    {
        ["small"] = "seed: 7\nlocal:\n  size: 24\n  area: [0.2, 0.55]\n",
        ["large"] = "global:\n  size: 512\n",
    };

    [Test]
    public void Load_EmptyText_KeepsTheDefaults() =>
        Assert.That(Load("# nothing\n"), Is.EqualTo(new SampleOptions()));

    [Test]
    public void Load_EveryKindOfValue_IsSet()
    {
        var options = Load("""
            seed: 18446744073709551615
            weights: null
            name: "a: b"
            rule: square_root
            paths: [one, "two words"]
            global: {size: 256, probability: 0.5, flip: true, area: [0.1, 0.9]}
            """);
        Assert.Multiple(() =>
        {
            Assert.That(options.Seed, Is.EqualTo(ulong.MaxValue));
            Assert.That(options.Weights, Is.Null);
            Assert.That(options.Name, Is.EqualTo("a: b"));
            Assert.That(options.Rule, Is.EqualTo(SampleRule.SquareRoot));
            Assert.That(options.Paths, Is.EqualTo(new[] { "one", "two words" }));
            Assert.That(options.Global, Is.EqualTo(new SampleSection { Size = 256, Probability = 0.5, Flip = true, Area = new(0.1, 0.9) }));
        });
    }

    [Test]
    public void Load_SectionGivenInPart_KeepsTheParentsDefaultsForTheRest()
    {
        var options = Load("local:\n  flip: true\n");
        Assert.That(options.Local, Is.EqualTo(new SampleSection { Size = 96, Flip = true }));
        Assert.That(new SampleOptions().Local.Flip, Is.False);
    }

    [Test]
    public void Load_UnknownKey_NamesItsPathAndTheNearestKey()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load("seed: 1\nlocal:\n  sise: 96\n"))!;
        Assert.That(error.Message, Is.EqualTo("run.yaml: local.sise: unknown key (run.yaml:3); did you mean 'local.size'?"));
    }

    [Test]
    public void Load_UnknownKeyLikeNoOther_ListsTheKnownOnes()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load("local:\n  momentum_of_inertia: 1\n"))!;
        Assert.That(error.Message, Is.EqualTo("run.yaml: local.momentum_of_inertia: unknown key (run.yaml:2); known keys here: area, flip, probability, size."));
    }

    [Test]
    public void Load_ManyFaults_AreAllInOneMessage()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load("seed: -1\nrule: cubic\nlocal: {size: 2.5, probability: 1.5, area: [0.9, 0.1]}\nglobal: 5\n"))!;
        Assert.That(error.Faults, Is.EqualTo(new[]
        {
            "seed: expected a whole number from 0, found '-1' (run.yaml:1).",
            "rule: expected one of linear256, square_root, found 'cubic' (run.yaml:2).",
            "local.size: expected a whole number, found '2.5' (run.yaml:3).",
            "global: expected keys with values, found '5' (run.yaml:4).",
            "local.probability: 1.5 is outside 0 .. 1 (run.yaml:3).",
            "local.area: [0.9, 0.1]: must be [low, high] with 0 <= low <= high <= 1 (run.yaml:3).",
        }));
    }

    [Test]
    public void Load_RuleOverSeveralValues_IsChecked()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load("local: {size: 512}\n"))!;
        Assert.That(error.Message, Is.EqualTo("run.yaml: local: is larger than the global size (run.yaml:1)."));
    }

    [Test]
    public void Load_PresetFileAndOverrides_LieOverEachOther()
    {
        var options = Load("preset: small\nlocal:\n  size: 32\n", overrides: ["local.flip=true", "global.area=[0.6, 1]", "name=x=y"]);
        Assert.Multiple(() =>
        {
            Assert.That(options.Seed, Is.EqualTo(7));
            Assert.That(options.Local, Is.EqualTo(new SampleSection { Size = 32, Flip = true, Area = new(0.2, 0.55) }));
            Assert.That(options.Global.Area, Is.EqualTo(new ValueRange(0.6, 1)));
            Assert.That(options.Name, Is.EqualTo("x=y"));
        });
    }

    [Test]
    public void Load_PresetGivenByTheCaller_ReplacesTheFilesOne() =>
        Assert.That(new ConfigurationLoader(Presets).Load<SampleOptions>("preset: small\n", "run.yaml", preset: "large").Global.Size, Is.EqualTo(512));

    [Test]
    public void Load_UnknownPreset_ListsThePresets()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load("preset: huge\n"))!;
        Assert.That(error.Message, Is.EqualTo("run.yaml: preset: 'huge' is unknown; the presets are large, small."));
    }

    [TestCase("local.flip", "--set local.flip: expected key.sub=value.")]
    [TestCase("local..flip=1", "--set local..flip=1: expected key.sub=value.")]
    [TestCase("local.flop=true", "local.flop: unknown key (--set); did you mean 'local.flip'?")]
    [TestCase("local.flip=maybe", "local.flip: expected true or false, found 'maybe' (--set).")]
    public void Load_BadOverride_IsExplained(string text, string fault) =>
        Assert.That(Assert.Throws<ConfigurationException>(() => Load("", overrides: [text]))!.Faults, Is.EqualTo(new[] { fault }));

    [TestCase("a: [1, 2")]
    [TestCase("- 1\n- 2\n")]
    [TestCase("just words")]
    [TestCase("a: 1\na: 2\n")]
    [TestCase("base: &b {size: 1}\nlocal: *b\n")]
    [TestCase("seed: 1\n---\nseed: 2\n")]
    [TestCase("? [a, b]\n: 1\n")]
    [TestCase("\u0000\u0001")]
    [TestCase("seed: \"1")]
    public void Load_MalformedText_IsOneConfigurationException(string yaml) =>
        Assert.That(() => Load(yaml), Throws.TypeOf<ConfigurationException>());

    [Test]
    public void Load_DeepNesting_IsRefused() =>
        Assert.That(() => Load("a: " + new string('[', 100_000)), Throws.TypeOf<ConfigurationException>());

    [Test]
    public void LoadFile_MissingFile_SaysSo() =>
        Assert.That(() => new ConfigurationLoader().LoadFile<SampleOptions>("/nowhere/run.yaml"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("does not exist"));

    [Test]
    public void ToYaml_AnyOptions_ReadBackEqual()
    {
        var options = new SampleOptions
        {
            Seed = ulong.MaxValue,
            Name = "tab\t\"quoted\" \\ : # 5",
            Rule = SampleRule.SquareRoot,
            Global = new SampleSection { Size = 1000, Probability = 0.1 + 0.2, Flip = true, Area = new(1e-9, 1) },
        };
        string yaml = ConfigurationWriter.ToYaml(options);
        var back = Load(yaml);
        Assert.That(back with { Paths = options.Paths }, Is.EqualTo(options));
        Assert.That(ConfigurationWriter.ToYaml(back), Is.EqualTo(yaml));
    }

    [Test]
    public void Flatten_ChangedOption_DiffersInThatKeyAlone()
    {
        var a = ConfigurationWriter.Flatten(new SampleOptions());
        var b = ConfigurationWriter.Flatten(new SampleOptions { Local = new SampleSection { Size = 32 } });
        Assert.That(a.Keys.Where(key => a[key] != b[key]), Is.EqualTo(new[] { "local.size" }));
    }

    [Test]
    public void Validate_OptionsMadeInCode_ChecksThem() =>
        Assert.That(() => OptionsValidator.Validate(new SampleSection { Size = 2 }, "crop"),
            Throws.TypeOf<ConfigurationException>().With.Message.EqualTo("crop: size: 2 is outside 8 .. 1024."));

    [TestCase(null, 5)]
    [TestCase("later", 7)]
    public void Load_Section_IsLaidOverTheFileWhenAskedForAndIgnoredOtherwise(string? section, int expected)
    {
        var loader = new ConfigurationLoader(Presets, ["later"]);
        var options = loader.Load<SampleOptions>("seed: 5\nlater: {seed: 7}\n", "run.yaml", null, null, section);
        Assert.That(options.Seed, Is.EqualTo((ulong)expected));
        Assert.That(loader.Load<SampleOptions>("seed: 5\nlater: {seed: 7}\n", "run.yaml", null, ["seed=9"], section).Seed, Is.EqualTo(9UL), "overrides come last");
    }

    [Test]
    public void Load_SectionWithAFault_IsNamed()
    {
        var loader = new ConfigurationLoader(Presets, ["later"]);
        Assert.That(() => loader.Load<SampleOptions>("later: 3\n", "run.yaml"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("later: expected keys and values"));
        Assert.That(() => loader.Load<SampleOptions>("later: {sed: 3}\n", "run.yaml", section: "later"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("sed: unknown key"));
        Assert.That(() => loader.Load<SampleOptions>("seed: 3\n", "run.yaml", section: "later"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("no section later"));
        Assert.That(() => Load("later: {seed: 3}\n"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("later: unknown key"));
    }

    private static SampleOptions Load(string yaml, IEnumerable<string>? overrides = null) =>
        new ConfigurationLoader(Presets).Load<SampleOptions>(yaml, "run.yaml", null, overrides);
}
