using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>A parameter with its state-dict name.</summary>
/// <param name="Name">Full name, such as "backbone.blocks.0.attn.qkv.weight".</param>
/// <param name="Parameter">The parameter; it stays its module's.</param>
public sealed record NamedParameter(string Name, Parameter Parameter)
{
    /// <summary>All parameters of a module, in registration order, with a prefix before each name.</summary>
    /// <param name="module">The module.</param>
    /// <param name="prefix">Put before each name with its dot, such as "backbone."; may be empty.</param>
    public static IEnumerable<NamedParameter> Of(nn.Module module, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.named_parameters().Select(entry => new NamedParameter(prefix + entry.name, entry.parameter));
    }
}
