using System.CommandLine;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary>The option <c>--precision</c> of commands that ask fine-tuned models.</summary>
internal static class PrecisionOption
{
    private const string Name = "--precision";

    public static Option<string> Create() => new(Name)
    {
        Description = "Number format of the encoders: fp32, or bf16 (two to three times as fast with AMX, slower on processors without bfloat16 products).",
        DefaultValueFactory = _ => "fp32",
    };

    /// <summary>How encoders are prepared.</summary>
    /// <exception cref="ConfigurationException">The value is no format.</exception>
    public static InferenceOptions Read(string? value) => new()
    {
        Precision = value switch
        {
            "fp32" => Precision.Fp32,
            "bf16" => Precision.Bf16,
            _ => throw new ConfigurationException("command line", $"{Name} is '{value}'; it must be fp32 or bf16."),
        },
    };
}
