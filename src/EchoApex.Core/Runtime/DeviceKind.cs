namespace EchoApex.Core.Runtime;

/// <summary>Where to compute.</summary>
public enum DeviceKind
{
    /// <summary>A GPU if libtorch sees one, else the CPU.</summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}
