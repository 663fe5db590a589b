using System.CommandLine;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary>The option <c>--precision</c> of commands that ask fine-tuned models, or make them for a comparison.</summary>
internal static class PrecisionOption
{
    private const string Name = "--precision";

    public static Option<string> Create() => new(Name)
    {
        Description = "Number format of the encoders: fp32, or bf16 (two to three times as fast with AMX, up to twice on AMD since Zen 4, slower on Intel without AMX, refused without AVX-512).",
        DefaultValueFactory = _ => "fp32",
    };

    /// <summary>How encoders are prepared.</summary>
    /// <exception cref="ConfigurationException">The value is no format, or one that this machine does not compute in.</exception>
    public static InferenceOptions Read(string? value) => new()
    {
        Precision = value switch
        {
            "fp32" => Precision.Fp32,
            "bf16" when InferenceModel.Supports(Precision.Bf16) => Precision.Bf16,
            "bf16" => throw new ConfigurationException("command line", $"{Name} is 'bf16', which needs Linux x64 and a processor with AVX-512. Leave it out: fp32 works everywhere."),
            _ => throw new ConfigurationException("command line", $"{Name} is '{value}'; it must be fp32 or bf16."),
        },
    };
}
