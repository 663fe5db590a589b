using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Checkpoints;

/// <summary>What an import did.</summary>
/// <param name="Config">The encoder that was built.</param>
/// <param name="Preprocessing">What was written for its input.</param>
/// <param name="Keys">What happened to every key.</param>
/// <param name="Prefix">What stood before the encoder's names in the file; empty for a plain file.</param>
/// <param name="Parameters">Number of trainable weights.</param>
public sealed record ImportReport(BackboneConfig Config, Preprocessing Preprocessing, LoadReport Keys, string Prefix, long Parameters);
