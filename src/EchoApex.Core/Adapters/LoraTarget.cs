namespace EchoApex.Core.Adapters;

/// <summary>A projection of attention that LoRA can change.</summary>
public enum LoraTarget
{
    /// <summary>Queries.</summary>
    Query,

    /// <summary>Keys.</summary>
    Key,

    /// <summary>Values.</summary>
    Value,

    /// <summary>The projection of the mixed values.</summary>
    Output,
}
