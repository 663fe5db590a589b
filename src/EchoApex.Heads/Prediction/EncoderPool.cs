using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Tasks;
using TorchSharp;

namespace EchoApex.Heads.Prediction;

/// <summary>The prepared encoders of a folder of models. Models whose encoders are equal to the last weight, as those that were trained with it frozen, share one; encoders with adapters are never shared.</summary>
internal sealed class EncoderPool(InferenceOptions? options) : IDisposable
{
    private readonly List<(PreparedBackbone Encoder, bool IsPlain)> _encoders = [];

    /// <summary>The encoder of a model, prepared; the pool's.</summary>
    /// <remarks>What was prepared reads the first model's encoder: models are disposed after the last use of any.</remarks>
    public PreparedBackbone Take(TaskModel model)
    {
        // Adapters are no part of an encoder's own weights: an adapted encoder is compared with none.
        bool isPlain = model.Info.Adapters is null or { Kind: AdapterKind.None, TrainNorms: false };
        if (isPlain && _encoders.FirstOrDefault(known => known.IsPlain && AreEqual(known.Encoder.Original, model.Encoder)).Encoder is { } shared)
        {
            return shared;
        }

        var encoder = InferenceModel.Prepare(model.Encoder, options);
        _encoders.Add((encoder, isPlain));
        return encoder;
    }

    public void Dispose() => _encoders.ForEach(known => known.Encoder.Dispose());

    private static bool AreEqual(IBackbone a, IBackbone b)
    {
        var (first, second) = (a.Module.state_dict(), b.Module.state_dict());
        return a.GetType() == b.GetType() && a.Config == b.Config && first.Count == second.Count
            && first.All(entry => second.TryGetValue(entry.Key, out var other) && entry.Value.dtype == other.dtype && entry.Value.device_type == DeviceType.CPU
                && other.device_type == DeviceType.CPU && entry.Value.Equals(other));
    }
}
