using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.Monitoring;

/// <summary>Writes metrics as TensorBoard scalars. Each run or resumption makes an event file of its own.</summary>
public sealed class TensorBoardWriter
{
    private readonly SummaryWriter _writer;

    /// <summary>Starts an event file.</summary>
    /// <param name="folder">Folder of event files, made when missing.</param>
    public TensorBoardWriter(string folder) => _writer = utils.tensorboard.SummaryWriter(folder);

    /// <summary>Writes values of a step; those that are not finite are left out.</summary>
    public void Write(long step, IReadOnlyDictionary<string, double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        foreach (var (name, value) in values)
        {
            if (double.IsFinite(value))
            {
                _writer.add_scalar("train/" + name, (float)value, checked((int)step), now);
            }
        }
    }
}
