using System.Text;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints;

/// <summary>Opens a weights file of either kind, told apart by its first bytes, not by its name.</summary>
public static class TensorSource
{
    /// <summary>Opens a .safetensors file or a .pth file of torch.save.</summary>
    /// <exception cref="CheckpointException">The file does not exist, is neither, or is damaged.</exception>
    public static ITensorSource Open(string path)
    {
        byte[] start = new byte[64];
        using (var file = WeightsStream.Open(path))
        {
            if (file.Length == 0)
            {
                throw new CheckpointException(path, "is empty. Fetch the file again.");
            }

            file.ReadExactly(start.AsSpan(0, (int)Math.Min(start.Length, file.Length)), 0);
        }

        string text = Encoding.Latin1.GetString(start);
        if (text.StartsWith("version https://git-lfs", StringComparison.Ordinal))
        {
            throw new CheckpointException(path, "is a Git LFS pointer, not the weights. Run 'git lfs pull' where it came from.");
        }

        if (text.TrimStart().StartsWith('<'))
        {
            throw new CheckpointException(path, "is a web page, not weights. Fetch the file itself.");
        }

        if (start[8] == '{' && !IsPickle(start))
        {
            return SafetensorsFile.Open(path);
        }

        return IsPickle(start) || HasTorchName(path)
            ? PthFile.Open(path)
            : SafetensorsFile.Open(path);
    }

    private static bool IsPickle(byte[] start) =>
        (start[0] == 0x80 && start[1] is >= 1 and <= 5 && start[8] != '{') || start.AsSpan(0, 4).SequenceEqual("PK\x03\x04"u8);

    private static bool HasTorchName(string path) =>
        Path.GetExtension(path).ToUpperInvariant() is ".PTH" or ".PT" or ".BIN" or ".CKPT" or ".PKL" or ".TAR";
}
