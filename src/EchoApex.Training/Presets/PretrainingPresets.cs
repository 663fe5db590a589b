using EchoApex.Core.Configuration;
using EchoApex.Training.Loop;

namespace EchoApex.Training.Presets;

/// <summary>The recipes that come with EchoApex, as YAML texts in the assembly.</summary>
/// <remarks>
/// smoke-cpu: seconds on one core, to see that everything runs. demo-cpu: minutes on two cores, learns views from phantoms.
/// curve-cpu-dino, curve-cpu-dinov2, curve-cpu-resnet50: the runs of learning curves.
/// vits16-echo, vitb16-echo: DINO v1 with augmentation for ultrasound, for ViT-S and ViT-B; resnet50-echo: the same for ResNet50. vits16-dino: DINO v1's reference
/// recipe. vits14-dinov2: DINOv2's reference recipe, for ViT-S.
/// </remarks>
public static class PretrainingPresets
{
    /// <summary>The section of a configuration with what differs in the second stage: DINOv2 from the run of the first.</summary>
    public const string SecondStage = "second_stage";

    private const string Suffix = ".yaml";

    /// <summary>All names, in ordinal order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Resources().Select(NameOf).Order(StringComparer.Ordinal)];

    /// <summary>The YAML text of a preset.</summary>
    /// <exception cref="Core.Runtime.ConfigurationException">There is no preset of that name.</exception>
    public static string Text(string name)
    {
        string resource = Resources().FirstOrDefault(candidate => NameOf(candidate) == name)
            ?? throw new Core.Runtime.ConfigurationException("preset", $"'{name}' is unknown; the presets are {string.Join(", ", Names)}.");
        using var reader = new StreamReader(typeof(PretrainingPresets).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    /// <summary>A loader of configurations that knows the presets and the section of the second stage.</summary>
    public static ConfigurationLoader CreateLoader() => new(Names.ToDictionary(name => name, Text), [SecondStage]);

    /// <summary>The options of a preset.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="overrides">Overrides, <c>key.sub=value</c>.</param>
    /// <param name="section"><see cref="SecondStage"/>, or null for the first.</param>
    /// <exception cref="Core.Runtime.ConfigurationException">There is no preset of that name, or an override has a fault.</exception>
    public static PretrainingOptions Load(string name, IEnumerable<string>? overrides = null, string? section = null) =>
        CreateLoader().Load<PretrainingOptions>("", "preset " + name, name, overrides, section);

    private static IEnumerable<string> Resources() =>
        typeof(PretrainingPresets).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(Suffix, StringComparison.Ordinal));

    private static string NameOf(string resource) => resource[..^Suffix.Length].Split('.')[^1];
}
