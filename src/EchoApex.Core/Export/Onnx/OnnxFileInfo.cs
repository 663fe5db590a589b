namespace EchoApex.Core.Export.Onnx;

/// <summary>A file that was written.</summary>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Inputs">Names of its inputs.</param>
/// <param name="Outputs">Names of its outputs.</param>
public sealed record OnnxFileInfo(string Path, long Bytes, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs);
