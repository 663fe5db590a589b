using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Adapters;

/// <summary>The adapters of all blocks of an encoder as one module: its keys begin with "blocks.0".</summary>
internal sealed class AdapterModule : nn.Module
{
    [ComponentName(Name = "blocks")]
    private readonly ModuleList<nn.Module> _blocks;

    public AdapterModule(IEnumerable<nn.Module> blocks)
        : base(nameof(AdapterModule))
    {
        _blocks = [.. blocks];
        RegisterComponents();
    }

    /// <summary>One a block of the encoder, front to back; empty for kinds without modules.</summary>
    public IReadOnlyList<nn.Module> Blocks => [.. _blocks];
}
