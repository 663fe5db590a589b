namespace EchoApex.Core.Sources.Volumes;

/// <summary>How a file stores one number.</summary>
internal enum VoxelType
{
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    UInt64,
    Int64,
    Float32,
    Float64,
}
