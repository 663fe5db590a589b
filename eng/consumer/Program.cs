using EchoApex.Core.Embedding;
using EchoApex.Core.Sources;

using var embedder = Embedder.Load(args[0]);      // a model folder
var clip = ClipReader.Open(args[1]);              // DICOM, AVI, MP4, PNG, JPEG, a folder of pictures
float[] embeddings = embedder.Embed(clip);        // [frames, D], row by row

Console.WriteLine($"{clip.FrameCount} frame(s) of {clip.Width} x {clip.Height} pixels, spacing {clip.Spacing?.XMm.ToString() ?? "unknown"} mm");
Console.WriteLine($"{embedder.Dimension} numbers a frame; the first frame begins {string.Join(", ", embeddings.Take(4))}");
