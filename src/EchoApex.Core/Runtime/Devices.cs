using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Runtime;

/// <summary>Turns a wish into a device of this machine.</summary>
public static class Devices
{
    /// <summary>The device to compute on.</summary>
    /// <param name="kind">The wish.</param>
    /// <param name="index">Which GPU, for one process a GPU: the process's place on its machine. With fewer visible GPUs than that the launcher has shown each process its own, and that one is number 0.</param>
    /// <exception cref="ConfigurationException">A GPU is wished for and there is none.</exception>
    public static Device Resolve(DeviceKind kind, int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        TorchRuntime.EnsureAvailable();
        if (kind == DeviceKind.Cpu || (kind == DeviceKind.Auto && !cuda.is_available()))
        {
            return CPU;
        }

        if (!cuda.is_available())
        {
            throw new ConfigurationException("run.device", "cuda is asked for, but libtorch sees no GPU. Run 'echoapex doctor'; build with -p:Backend=cuda (TorchSharp-cuda-linux or -windows), or set run.device: cpu.");
        }

        int count = cuda.device_count();
        return index < count ? new Device(DeviceType.CUDA, index)
            : count == 1 ? new Device(DeviceType.CUDA, 0)
            : throw new ConfigurationException("run.device", $"this process would take GPU {index}, but the machine shows {count}. Start at most {count} processes a machine.");
    }
}
